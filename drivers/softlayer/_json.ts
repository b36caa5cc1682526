/**
 * JSON of SoftLayer's API: the fields that the driver requests. A field that is
 * empty is absent or `null`. Numbers and booleans may arrive as strings.
 *
 * @module
 */

/** SoftLayer_Virtual_Guest */
export interface GuestJson {
  id: number | string;
  globalIdentifier?: string;
  hostname?: string;
  domain?: string;
  createDate?: string;
  provisionDate?: string | null;
  maxCpu?: number | string;
  maxMemory?: number | string;
  hourlyBillingFlag?: FlagJson;
  localDiskFlag?: FlagJson;
  dedicatedAccountHostOnlyFlag?: FlagJson;
  privateNetworkOnlyFlag?: FlagJson;
  primaryIpAddress?: string | null;
  primaryBackendIpAddress?: string | null;
  powerState?: KeyNameJson | null;
  status?: KeyNameJson | null;
  activeTransaction?: TransactionJson | null;
  datacenter?: { name?: string } | null;
  blockDevices?: BlockDeviceJson[];
  blockDeviceTemplateGroup?: { globalIdentifier?: string } | null;
  operatingSystem?: OperatingSystemJson | null;
  billingItem?: BillingItemJson | null;
  tagReferences?: { tag?: { name?: string } }[];
}

/** A boolean, which may be a number or a string. */
export type FlagJson = boolean | number | string | null;

/** A state, such as SoftLayer_Virtual_Guest_Power_State. */
export interface KeyNameJson {
  keyName?: string;
}

/** SoftLayer_Provisioning_Version1_Transaction */
export interface TransactionJson {
  transactionStatus?: { name?: string } | null;
}

/** SoftLayer_Virtual_Guest_Block_Device */
export interface BlockDeviceJson {
  id?: number | string;
  device?: string | number;
  mountType?: string;
  diskImage?: DiskImageJson | null;
}

/** SoftLayer_Virtual_Disk_Image */
export interface DiskImageJson {
  id?: number | string;
  capacity?: number | string;
  metadataFlag?: FlagJson;
  type?: KeyNameJson | null;
}

/** SoftLayer_Software_Component_OperatingSystem */
export interface OperatingSystemJson {
  softwareLicense?: {
    softwareDescription?: { referenceCode?: string } | null;
  } | null;
  passwords?: PasswordJson[];
}

/** SoftLayer_Software_Component_Password */
export interface PasswordJson {
  username?: string;
  password?: string;
}

/** SoftLayer_Billing_Item_Virtual_Guest */
export interface BillingItemJson {
  orderItem?: { preset?: KeyNameJson | null } | null;
}

/** SoftLayer_Container_Virtual_Guest_Configuration */
export interface ConfigurationJson {
  flavors: ConfigurationOptionJson[];
  operatingSystems: ConfigurationOptionJson[];
}

/** SoftLayer_Container_Virtual_Guest_Configuration_Option */
export interface ConfigurationOptionJson {
  flavor?: { keyName?: string; name?: string };
  itemPrice?: ItemPriceJson;
  template: {
    operatingSystemReferenceCode?: string;
    transientGuestFlag?: FlagJson;
  };
}

/** SoftLayer_Product_Item_Price */
export interface ItemPriceJson {
  id?: number | string;
  locationGroupId?: number | string | null;
  categories?: { categoryCode?: string }[];
  item?: { description?: string; capacity?: number | string; units?: string };
}

/** SoftLayer_Virtual_Guest_Block_Device_Template_Group */
export interface TemplateJson {
  id: number | string;
  globalIdentifier?: string;
  name?: string;
  note?: string | undefined;
  createDate?: string;
}

/** SoftLayer_Location */
export interface LocationJson {
  id: number | string;
  name: string;
  longName?: string;
}

/** SoftLayer_Security_Ssh_Key */
export interface KeyJson {
  id: number | string;
  label?: string;
  key?: string;
  fingerprint?: string;
  notes?: string;
}
