// Sends what the first argument says with the official package; prints the ids, or what it threw.
import { Inngest } from "inngest";

const { GATEWAY_URL: baseUrl, EVENT_KEY: eventKey } = process.env;
const client = new Inngest({ id: "shop", baseUrl, eventKey, isDev: false });
try {
  const { ids } = await client.send(JSON.parse(process.argv[2]));
  console.log(JSON.stringify({ ids }));
} catch (error) {
  console.log(JSON.stringify({ error: String(error?.message ?? error) }));
}
