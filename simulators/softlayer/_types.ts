/**
 * Types of the API, as far as object masks of clients name them.
 *
 * @module
 */

// A relation has the type of its records after a colon, without the prefix
// "SoftLayer_". All other properties are strings, numbers or booleans.
const FIELDS: Readonly<Record<string, string>> = {
  Virtual_Guest: `id accountId globalIdentifier uuid hostname domain
    fullyQualifiedDomainName createDate modifyDate provisionDate notes maxCpu
    maxCpuUnits maxMemory startCpus statusId hourlyBillingFlag localDiskFlag
    dedicatedAccountHostOnlyFlag privateNetworkOnlyFlag transientGuestFlag
    primaryIpAddress primaryBackendIpAddress postInstallScriptUri
    placementGroupId operatingSystemReferenceCode
    status:Virtual_Guest_Status powerState:Virtual_Guest_Power_State
    lastKnownPowerState:Virtual_Guest_Power_State
    activeTransaction:Provisioning_Version1_Transaction
    lastTransaction:Provisioning_Version1_Transaction
    lastOperatingSystemReload:Provisioning_Version1_Transaction
    datacenter:Location blockDevices:Virtual_Guest_Block_Device
    blockDeviceTemplateGroup:Virtual_Guest_Block_Device_Template_Group
    operatingSystem:Software_Component_OperatingSystem
    softwareComponents:Software_Component
    billingItem:Billing_Item_Virtual_Guest tagReferences:Tag_Reference
    userData:Virtual_Guest_Attribute sshKeys:Security_Ssh_Key
    networkComponents:Virtual_Guest_Network_Component
    deviceStatus:Device_Status networkVlans:Network_Vlan
    dedicatedHost:Virtual_DedicatedHost
    monitoringServiceComponent:Network_Monitor_Version1_Query_Host_Stratum
    networkMonitors:Network_Monitor_Version1_Query_Host`,
  Device_Status: "name",
  Virtual_Guest_Status: "keyName name",
  Virtual_Guest_Power_State: "description keyName name",
  Virtual_Guest_Attribute: "value",
  Virtual_Guest_Block_Device: `id device mountType mountMode createDate uuid
    diskImageId diskImage:Virtual_Disk_Image`,
  Virtual_Disk_Image: `id capacity units name description metadataFlag
    localDiskFlag type:Virtual_Disk_Image_Type`,
  Virtual_Disk_Image_Type: "keyName name",
  Virtual_Guest_Block_Device_Template_Group: `id accountId name note summary
    globalIdentifier createDate parentId publicFlag statusId transactionId
    blockDevices:Virtual_Guest_Block_Device_Template datacenter:Location
    transaction:Provisioning_Version1_Transaction`,
  Virtual_Guest_Block_Device_Template: "id device diskSpace units",
  Virtual_Guest_Network_Component: `id name status speed maxSpeed macAddress
    port primaryIpAddress primarySubnet:Network_Subnet
    securityGroupBindings:Virtual_Network_SecurityGroup_NetworkComponentBinding`,
  Virtual_Network_SecurityGroup_NetworkComponentBinding:
    "id securityGroup:Network_SecurityGroup",
  Network_SecurityGroup: "id name",
  Network_Subnet: "id addressSpace",
  Network_Vlan: "id vlanNumber networkSpace name",
  Network_Monitor_Version1_Query_Host: `id queryType:Network_Monitor_Query_Type
    lastResult:Network_Monitor_Query_Result
    responseAction:Network_Monitor_Response_Type`,
  Network_Monitor_Version1_Query_Host_Stratum: "id",
  Network_Monitor_Query_Type: "id name",
  Network_Monitor_Query_Result: "id",
  Network_Monitor_Response_Type: "id level",
  Virtual_DedicatedHost: "id name",
  Provisioning_Version1_Transaction: `id createDate modifyDate elapsedSeconds
    guestId statusChangeDate
    transactionStatus:Provisioning_Version1_Transaction_Status
    transactionGroup:Provisioning_Version1_Transaction_Group`,
  Provisioning_Version1_Transaction_Status: "averageDuration friendlyName name",
  Provisioning_Version1_Transaction_Group: "name averageTimeToComplete",
  Location: "id name longName statusId regions:Location_Region",
  Location_Region: "keyname description sortOrder",
  Software_Component: `id passwords:Software_Component_Password
    softwareLicense:Software_License`,
  Software_Component_OperatingSystem: `id
    passwords:Software_Component_Password softwareLicense:Software_License`,
  Software_Component_Password: "id username password port notes",
  Software_License: "id softwareDescription:Software_Description",
  Software_Description: `id name manufacturer version referenceCode
    longDescription`,
  Billing_Item_Virtual_Guest: `id hourlyRecurringFee recurringFee
    recurringMonths categoryCode description nextInvoiceTotalRecurringAmount
    package:Product_Package children:Billing_Item
    nextInvoiceChildren:Billing_Item orderItem:Billing_Order_Item`,
  Billing_Item: `id categoryCode description recurringFee
    nextInvoiceTotalRecurringAmount`,
  Billing_Order_Item: "id order:Billing_Order preset:Product_Package_Preset",
  Billing_Order: "id userRecord:User_Customer",
  User_Customer: "id username",
  Product_Package: "id keyName name",
  Product_Package_Preset: "id keyName name description",
  Product_Item_Category: "id name categoryCode",
  Product_Item: "id description capacity units keyName",
  Product_Item_Price: `id hourlyRecurringFee recurringFee locationGroupId
    categories:Product_Item_Category item:Product_Item`,
  Tag_Reference: "id tagId tag:Tag",
  Tag: "id name internal accountId",
  Security_Ssh_Key: "id label key fingerprint notes createDate modifyDate",
  Container_Virtual_Guest_Configuration: `
    blockDevices:Container_Virtual_Guest_Configuration_Option
    datacenters:Container_Virtual_Guest_Configuration_Option
    flavors:Container_Virtual_Guest_Configuration_Option
    memory:Container_Virtual_Guest_Configuration_Option
    networkComponents:Container_Virtual_Guest_Configuration_Option
    operatingSystems:Container_Virtual_Guest_Configuration_Option
    processors:Container_Virtual_Guest_Configuration_Option`,
  Container_Virtual_Guest_Configuration_Option: `
    flavor:Product_Package_Preset itemPrice:Product_Item_Price
    template:Virtual_Guest`,
};

/** Properties of each type; a relation has the type of its records. */
export const TYPES: Readonly<
  Record<string, ReadonlyMap<string, string | undefined>>
> = Object.fromEntries(
  Object.entries(FIELDS).map(([type, fields]) => [
    `SoftLayer_${type}`,
    new Map(
      fields.trim().split(/\s+/).map((field) => {
        const [name = "", relation] = field.split(":");
        return [name, relation && `SoftLayer_${relation}`];
      }),
    ),
  ]),
);
