import { fileURLToPath } from 'node:url';
import { describeDrills } from '@lunetta/testkit/jest';

const folder = (name: string): string => fileURLToPath(new URL(`../../drill/${name}`, import.meta.url));

describeDrills(folder('udp'));
describeDrills(folder('icmp'));
describeDrills(folder('ipv4'));
describeDrills(folder('tcp'));
