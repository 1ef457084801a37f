// Answers that a test gives in the server's place, where a page wants months of history or another machine.

/** Answers requests whose address matches with what `make` gives; 204 for undefined. Gives the list of what was asked: `GET /api/v1/…`. */
export async function answer(page, address, make) {
  const asked = [];
  await page.route(address, async (route) => {
    const request = route.request();
    const url = new URL(request.url());
    asked.push(`${request.method()} ${url.pathname}${url.search}`);
    const body = await make(url, request);
    if (body === undefined) return route.fulfill({ status: 204 });
    return route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify(body) });
  });
  return asked;
}

/** Spending of as many days as were asked for, $145 a day and two such days at the end, 70 % of it on the first key. */
export function spend(url) {
  const days = Number(url.searchParams.get('days'));
  const by = url.searchParams.get('by');
  const keys = { person: ['ann', 'bob'], backend: ['aws', 'lambda'], gpu: ['A100', ''], run: ['calm-otter-3', ''] }[by];
  const all = Array.from({ length: days }, (_, at) => {
    const date = new Date(Date.UTC(2026, 10, 30) - (days - 1 - at) * 86_400_000).toISOString().slice(0, 10);
    const usd = at === days - 1 ? 290 : at === 0 ? 0 : 145;
    return { date, items: usd ? [{ key: keys[0], usd: usd * 0.7 }, { key: keys[1], usd: usd * 0.3 }] : [] };
  });
  const usd = all.flatMap((day) => day.items).reduce((sum, item) => sum + item.usd, 0);
  return { by, days: all, usd, idle_usd: usd * 0.12 };
}
