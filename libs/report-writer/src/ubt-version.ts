/** Version of the software, as the root package.json has it. */
export const UBT_VERSION = '0.1.0';
