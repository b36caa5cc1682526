/**
 * JSON of Hetzner Cloud API 5134cbc, generated from `hetzner.openapi.json`.
 * To change it, run this command again:
 *
 * ```sh
 * deno task wire hetzner.openapi.json server=node server_type=size image location ssh_key=key_pair volume action placement_group network floating_ip primary_ip pricing --out drivers/hetzner/_json.ts
 * ```
 *
 * @module
 */

/** From GET /servers. */
export interface ServerJson {
  /** For example "22-02". */
  backup_window: string | null;
  /** For example "2016-01-30T23:55:00Z". */
  created: string;
  /** Deprecated. */
  datacenter: DataCenterJson;
  id: number;
  image: ImageJson | null;
  included_traffic: number | null;
  ingoing_traffic: number | null;
  iso: IsoJson | null;
  labels: Record<string, string>;
  load_balancers?: number[];
  location: LocationJson;
  locked: boolean;
  /** For example "my-resource". */
  name: string;
  outgoing_traffic: number | null;
  placement_group?: ServerPlacementGroupJson | null;
  primary_disk_size: number;
  private_net: ServerPrivateNetJson[];
  protection: ServerProtectionJson;
  public_net: ServerPublicNetJson;
  rescue_enabled: boolean;
  server_type: ServerTypeJson;
  /** One of "deleting", "initializing", "migrating", "off", "rebuilding", "running", "starting", "stopping", "unknown". */
  status: string;
  volumes?: number[];
}

export interface DataCenterJson {
  /** For example "Falkenstein DC Park 8". */
  description: string;
  id: number;
  location: LocationJson;
  /** For example "fsn1-dc8". */
  name: string;
  server_types: DataCenterServerTypeJson;
}

export interface LocationJson {
  /** For example "Falkenstein". */
  city: string;
  /** For example "DE". */
  country: string;
  /** For example "Falkenstein DC Park 1". */
  description: string;
  id: number;
  latitude: number;
  longitude: number;
  /** For example "fsn1". */
  name: string;
  /** For example "eu-central". */
  network_zone: string;
}

export interface DataCenterServerTypeJson {
  available: number[];
  available_for_migration: number[];
  supported: number[];
}

export interface ImageJson {
  /** One of "arm", "x86". */
  architecture: string;
  bound_to: number | null;
  /** For example "2016-01-30T23:55:00Z". */
  created: string;
  created_from: CreatedFromJson | null;
  deleted: string | null;
  /** For example "2018-02-28T00:00:00Z". */
  deprecated: string | null;
  /** For example "Ubuntu 24.04 Standard 64 bit". */
  description: string;
  disk_size: number;
  id: number;
  image_size: number | null;
  labels: Record<string, string>;
  /** For example "ubuntu-24.04". */
  name: string | null;
  /** One of "alma", "centos", "debian", "fedora", "opensuse", "rocky", "ubuntu", "unknown". */
  os_flavor: string;
  /** For example "24.04". */
  os_version: string | null;
  protection: ProtectionJson;
  rapid_deploy?: boolean;
  /** One of "available", "creating", "unavailable". */
  status: string;
  /** One of "app", "backup", "snapshot", "system". */
  type: string;
}

export interface CreatedFromJson {
  id: number;
  /** For example "Server". */
  name: string;
}

export interface ProtectionJson {
  delete: boolean;
}

export interface IsoJson {
  /** One of "arm", "x86". */
  architecture: string | null;
  deprecation: DeprecationInfoJson | null;
  /** For example "FreeBSD 11.0 x64". */
  description: string;
  id: number;
  /** For example "FreeBSD-11.0-RELEASE-amd64-dvd1". */
  name: string | null;
  /** One of "private", "public". */
  type: string | null;
}

export interface DeprecationInfoJson {
  /** For example "2023-06-01T00:00:00Z". */
  announced: string;
  /** For example "2023-09-01T00:00:00Z". */
  unavailable_after: string;
}

export interface ServerPlacementGroupJson {
  /** For example "2016-01-30T23:55:00Z". */
  created: string;
  id: number;
  labels: Record<string, string>;
  /** For example "my-resource". */
  name: string;
  servers: number[];
  /** One of "spread". */
  type: string;
}

export interface ServerPrivateNetJson {
  alias_ips?: string[];
  /** For example "10.0.0.2". */
  ip?: string;
  /** For example "86:00:ff:2a:7d:e1". */
  mac_address?: string;
  network?: number;
}

export interface ServerProtectionJson {
  delete: boolean;
  rebuild: boolean;
}

export interface ServerPublicNetJson {
  firewalls?: {
    id?: number;
    /** One of "applied", "pending". */
    status?: string;
  }[];
  floating_ips: number[];
  ipv4: Ipv4Json | null;
  ipv6: Ipv6Json | null;
}

export interface Ipv4Json {
  blocked: boolean;
  /** For example "server01.example.com". */
  dns_ptr: string;
  id?: number;
  /** For example "1.2.3.4". */
  ip: string;
}

export interface Ipv6Json {
  blocked: boolean;
  dns_ptr: DnsPtrJson[] | null;
  id?: number;
  /** For example "2001:db8::/64". */
  ip: string;
}

export interface DnsPtrJson {
  /** For example "server.example.com". */
  dns_ptr: string;
  /** For example "2001:db8::1". */
  ip: string;
}

export interface ServerTypeJson {
  /** One of "arm", "x86". */
  architecture: string;
  /** For example "Shared vCPU". */
  category?: string;
  cores: number;
  /** One of "dedicated", "shared". */
  cpu_type: string;
  deprecated: boolean | null;
  /** Deprecated. */
  deprecation?: DeprecationInfoJson | null;
  /** For example "CPX22". */
  description: string;
  disk: number;
  id: number;
  locations: ServerTypeLocationJson[];
  memory: number;
  /** For example "cpx22". */
  name: string;
  prices: PricePerTimeJson[];
  /** One of "local", "network". */
  storage_type: string;
}

export interface ServerTypeLocationJson {
  deprecation: DeprecationInfoJson | null;
  id: number;
  /** For example "fsn1". */
  name: string;
}

export interface PricePerTimeJson {
  included_traffic: number;
  /** For example "fsn1". */
  location: string;
  price_hourly: PriceJson;
  price_monthly: PriceJson;
  price_per_tb_traffic: PriceJson;
}

export interface PriceJson {
  /** For example "1.1900". */
  gross: string;
  /** For example "1.0000". */
  net: string;
}

/** From GET /ssh_keys. */
export interface SshKeyJson {
  /** For example "2016-01-30T23:55:00Z". */
  created: string;
  /** For example "b7:2f:30:a0:2f:6c:58:6c:21:04:58:61:ba:06:3b:2f". */
  fingerprint: string;
  id: number;
  labels: Record<string, string>;
  /** For example "my-resource". */
  name: string;
  /** For example "ssh-rsa AAAjjk76kgf...Xt". */
  public_key: string;
}

/** From GET /volumes. */
export interface VolumeJson {
  /** For example "2016-01-30T23:55:00Z". */
  created: string;
  /** For example "xfs". */
  format: string | null;
  id: number;
  labels: Record<string, string>;
  /** For example "/dev/disk/by-id/scsi-0HC_Volume_4711". */
  linux_device: string;
  location: LocationJson;
  /** For example "my-resource". */
  name: string;
  protection: ProtectionJson;
  server: number | null;
  size: number;
  /** One of "available", "creating". */
  status: string;
}

/** From GET /actions. */
export interface ActionJson {
  /** For example "start_resource". */
  command: string;
  error: ErrorJson | null;
  /** For example "2016-01-30T23:55:00Z". */
  finished: string | null;
  id: number;
  progress: number;
  resources: ResourceJson[];
  /** For example "2016-01-30T23:55:00Z". */
  started: string;
  /** One of "error", "running", "success". */
  status: string;
}

export interface ErrorJson {
  /** For example "action_failed". */
  code: string;
  /** For example "Action failed". */
  message: string;
}

export interface ResourceJson {
  id: number;
  /** For example "server". */
  type: string;
}

/** From GET /placement_groups. */
export interface PlacementGroupJson {
  /** For example "2016-01-30T23:55:00Z". */
  created: string;
  id: number;
  labels: Record<string, string>;
  /** For example "my-resource". */
  name: string;
  servers: number[];
  /** One of "spread". */
  type: string;
}

/** From GET /networks. */
export interface NetworkJson {
  /** For example "2016-01-30T23:55:00Z". */
  created: string;
  expose_routes_to_vswitch: boolean;
  id: number;
  /** For example "10.0.0.0/16". */
  ip_range: string;
  labels: Record<string, string>;
  load_balancers?: number[];
  /** For example "mynet". */
  name: string;
  protection: ProtectionJson;
  routes: RouteJson[];
  servers: number[];
  subnets: SubnetWithGatewayJson[];
}

export interface RouteJson {
  /** For example "10.100.1.0/24". */
  destination: string;
  /** For example "10.0.1.1". */
  gateway: string;
}

export interface SubnetWithGatewayJson {
  /** For example "10.0.0.1". */
  gateway: string;
  /** For example "10.0.1.0/24". */
  ip_range?: string;
  /** For example "eu-central". */
  network_zone: string;
  /** One of "cloud", "server", "vswitch". */
  type: string;
  vswitch_id?: number | null;
}

/** From GET /floating_ips. */
export interface FloatingIpJson {
  blocked: boolean;
  /** For example "2016-01-30T23:55:00Z". */
  created: string;
  /** For example "This describes my resource". */
  description: string | null;
  dns_ptr: DnsPtrJson[];
  home_location: LocationJson;
  id: number;
  /** For example "2001:db8::/64". */
  ip: string;
  labels: Record<string, string>;
  /** For example "my-resource". */
  name: string;
  protection: ProtectionJson;
  server: number | null;
  /** One of "ipv4", "ipv6". */
  type: string;
}

/** From GET /primary_ips. */
export interface PrimaryIpJson {
  assignee_id: number | null;
  /** One of "server". */
  assignee_type: string;
  auto_delete: boolean;
  blocked: boolean;
  /** For example "2016-01-30T23:55:00Z". */
  created: string;
  /** Deprecated. */
  datacenter: DataCenterJson;
  dns_ptr: DnsPtrJson[];
  id: number;
  /** For example "2001:db8::/64". */
  ip: string;
  labels: Record<string, string>;
  location: LocationJson;
  /** For example "my-resource". */
  name: string;
  protection: ProtectionJson;
  /** One of "ipv4", "ipv6". */
  type: string;
}

/** From GET /pricing. */
export interface PricingJson {
  /** For example "EUR". */
  currency: string;
  /** Deprecated. */
  floating_ip: PricingFloatingIpJson;
  floating_ips: PricingFloatingIp2Json[];
  image: PricingImageJson;
  load_balancer_types: LoadBalancerTypeJson[];
  primary_ips: PricingPrimaryIpJson[];
  server_backup: {
    /** For example "20.00". */
    percentage: string;
  };
  server_types: PricingServerTypeJson[];
  /** For example "19.00". */
  vat_rate: string;
  volume: PricingVolumeJson;
}

export interface PricingFloatingIpJson {
  price_monthly: PriceJson;
}

export interface PricingFloatingIp2Json {
  prices: PricePerTimeMonthlyJson[];
  /** One of "ipv4", "ipv6". */
  type: string;
}

export interface PricePerTimeMonthlyJson {
  /** For example "fsn1". */
  location: string;
  price_monthly: PriceJson;
}

export interface PricingImageJson {
  price_per_gb_month: PriceJson;
}

export interface LoadBalancerTypeJson {
  id: number;
  /** For example "lb11". */
  name: string;
  prices: PricePerTimeJson[];
}

export interface PricingPrimaryIpJson {
  prices: PricePerTimeWithoutTrafficJson[];
  /** One of "ipv4", "ipv6". */
  type: string;
}

export interface PricePerTimeWithoutTrafficJson {
  /** For example "fsn1". */
  location: string;
  price_hourly: PriceJson;
  price_monthly: PriceJson;
}

export interface PricingServerTypeJson {
  id: number;
  /** For example "cpx22". */
  name: string;
  prices: PricePerTimeJson[];
}

export interface PricingVolumeJson {
  price_per_gb_month: PriceJson;
}
