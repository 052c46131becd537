/* What a provider may answer, what a browser may bring, and the table of
 * providers. */
#include "desk/account/provider.h"
#include "tap.h"

static struct cn_err err;

/* The status of an answer of a token endpoint: 0 granted. */
static int answer(const char *body, long http)
{
	struct cn_oauth_tokens t = { 0 };
	enum cn_oauth_said said;
	int r;

	cn_oauth_answer(cn_str(body), http, &t, &said, &err);
	r = said == CN_OAUTH_FAILED ? err.status : said == CN_OAUTH_GRANTED ?
	    0 : -1;
	cn_oauth_wipe(&t);
	return r;
}

static void tokens(void)
{
	struct cn_oauth_tokens t = { 0 };
	enum cn_oauth_said said;

	cn_oauth_answer(CN_STR("{\"access_token\":\"a\\u0041\",\"expires_in\":"
	    "\"77\",\"refresh_token\":\"r\",\"refresh_token_expires_in\":9,"
	    "\"token_type\":\"bearer\"}"), 200, &t, &said, &err);
	ok(said == CN_OAUTH_GRANTED, "a grant");
	is(t.access.p, "aA", "its access token, unescaped");
	is(t.refresh.p, "r", "its refresh token");
	ok(t.access_s == 77 && t.refresh_s == 9, "how long they last");
	cn_oauth_answer(CN_STR("{\"access_token\":\"b\",\"expires_in\":-5}"),
	    200, &t, &said, &err);
	ok(said == CN_OAUTH_GRANTED && t.refresh.len == 0 && t.access_s == 0,
	    "another takes its place, and a time below 0 is none");
	cn_oauth_wipe(&t);
	ok(answer("{\"access_token\":\"a\",\"expires_in\":99999999999}",
	    200) == 0, "a time without end is cut");
}

static void refusals(void)
{
	static const struct {
		const char *body;
		long http;
		int status;
	} v[] = {
		{ "{\"error\":\"authorization_pending\"}", 400, -1 },
		{ "{\"error\":\"slow_down\"}", 400, -1 },
		{ "{\"error\":\"invalid_grant\",\"error_codes\":[70008]}",
		  400, 77 },
		{ "{\"error\":\"interaction_required\"}", 400, 77 },
		{ "{\"error\":\"invalid_client\"}", 401, 78 },
		{ "{\"error\":\"temporarily_unavailable\"}", 400, 75 },
		{ "{\"error\":\"access_denied\",\"access_token\":\"a\"}",
		  200, 77 },
		{ "{\"error\":\"<b>\"}", 400, 69 },
		{ "{\"error\":7}", 400, 69 },
		{ "{\"access_token\":\"a\"}", 400, 69 },
		{ "{\"access_token\":\"a\"}", 301, 69 },
		{ "{\"access_token\":\"a\"}", 500, 75 },
		{ "{\"access_token\":\"\"}", 200, 69 },
		{ "{\"access_token\":\"a b\"}", 200, 69 },
		{ "{\"access_token\":\"a\\u0001\"}", 200, 69 },
		{ "{\"access_token\":\"\xc3\xa9\"}", 200, 69 },
		{ "{\"access_token\":\"a\",\"refresh_token\":\"\\n\"}",
		  200, 69 },
		{ "{\"access_token\":\"a\",\"token_type\":\"mac\"}", 200, 69 },
		{ "[]", 200, 69 }, { "", 200, 69 }, { "{", 200, 69 },
	};
	size_t i;
	bool all = true;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (answer(v[i].body, v[i].http) != v[i].status) {
			printf("# %s\n", v[i].body);
			all = false;
		}
	ok(all, "what is no grant has its status");
	answer("{\"error\":\"invalid_grant\",\"error_codes\":[70008,1]}",
	    400);
	ok(strstr(err.msg, "(invalid_grant), AADSTS70008") != NULL,
	    "Microsoft's number is shown");
	answer("{\"error\":\"<script>\"}", 400);
	is(err.msg, "the provider refuses", "and no words of theirs");
}

static int brought(const char *query, const char *want)
{
	struct cn_buf code = { 0 };
	int r = cn_oauth_redirect(cn_str(query), "s1", &code, &err);

	if (r == 1 && strcmp(code.p, want) != 0)
		r = 9;
	if (r != 1 && code.len > 0)
		r = 9;
	cn_buf_wipe(&code);
	return r;
}

static void redirects(void)
{
	ok(brought("code=c%2F1+2&state=s1", "c/1 2") == 1, "a code");
	ok(brought("state=s1&x=&code=c", "c") == 1, "in any order");
	ok(brought("code=c", "") == 0, "none without a state");
	ok(brought("code=c&state=s2", "") == 0, "nor with another one");
	ok(brought("code=c&state=s1&state=s1", "") == 0, "nor with two");
	ok(brought("code=c&code=d&state=s1", "") == 0, "nor two codes");
	ok(brought("code=&state=s1", "") == 0, "nor an empty one");
	ok(brought("code=%0d%0a&state=s1", "") == 0, "nor control characters");
	ok(brought("code=%4&state=s1", "") == 0, "nor half a byte");
	ok(brought("xcode=c&state=s1", "") == 0, "nor a name like it");
	ok(brought("error=access_denied&state=s1", "") == -1 &&
	    err.status == CN_NOPERM, "a refusal");
	ok(brought("error=access_denied&state=s2", "") == 0,
	    "which nobody else can send");
	ok(brought("code=c&error=x&state=s1", "") == -1, "is no code");
}

/* --- the table --- */

static int find(struct cn_provider *p, const char *name, const char *more,
    struct cn_arena *mem)
{
	struct cn_yaml *root = cn_yaml_parse(mem, "config", cn_str(more),
	    &err);

	err.status = 0;
	return cn_provider_find(p, name,
	    "lib/desk/account/providers.yaml", root,
	    "config", mem, &err);
}

static bool same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void shipped(struct cn_arena *mem)
{
	struct cn_oauth_conf c;
	struct cn_provider p, q;
	struct cn_buf b = { 0 };
	int flow = -1;

	ok(find(&p, "microsoft", "microsoft: {client_id: x, tenant: a.test}",
	    mem) == 0, "microsoft, with a client_id");
	is(p.token, "https://login.microsoftonline.com/a.test/oauth2/v2.0/"
	    "token", "and a tenant in its addresses");
	ok(cn_provider_flow(&p, &flow) && flow == CN_FLOW_DEVICE &&
	    p.refresh_days == 90, "its usual flow and its 90 days");
	cn_provider_conf(&p, CN_FLOW_CLIENT, &c);
	is(c.scope, "https://outlook.office365.com/.default",
	    "another scope for a client of its own");
	cn_provider_put(&p, &b);
	ok(cn_provider_get(&q, cn_buf_view(&b), mem) &&
	    same(q.token, p.token) && same(q.flows, p.flows) &&
	    same(q.revoke, p.revoke) && q.refresh_days == 90,
	    "an account keeps all of it");
	cn_buf_release(&b);
	flow = -1;
	ok(find(&p, "google", "google: {client_id: x}", mem) == 0 &&
	    cn_provider_flow(&p, &flow) && flow == CN_FLOW_CODE,
	    "google, by code");
	flow = CN_FLOW_DEVICE;
	ok(!cn_provider_flow(&p, &flow), "and not by device");
}

static void own(struct cn_arena *mem)
{
	static const char *const bad[] = {
		"a: {flows: code, token: https://t.test/, scope: s}",
		"a: {flows: code, token: https://t.test/, scope: s,"
		    " client_id: c}",
		"a: {flows: device, token: 'http://t.test/', scope: s,"
		    " client_id: c, device: https://t.test/}",
		"a: {flows: client, token: 'https://t.test/{tenant}',"
		    " scope: s, client_id: c, tenant: a/b}",
		"a: {flows: client, token: 'https://t.test/{tenant}',"
		    " scope: s, client_id: c}",
		"a: {flows: devices, token: https://t.test/, scope: s,"
		    " client_id: c, device: https://t.test/}",
		"a: {flows: client, token: https://t.test/, scope: \"s\\n\","
		    " client_id: c}",
		"a: {flows: client, token: https://t.test/, scope: s,"
		    " client_id: c, secret: x}",
		"a: {flows: client, token: [x], scope: s, client_id: c}",
		"a: {flows: client, token: https://t.test/, scope: s,"
		    " client_id: c, refresh_days: -1}",
		"a: {flows: client, token: https://t.test/, scope: s,"
		    " client_id: c, ca_file: here.pem}",
		"b: {}",
	};
	struct cn_provider p;
	int flow = -1;
	size_t i;

	ok(find(&p, "a", "a: {flows: code client device, token: "
	    "https://t.test/, scope: s, client_id: c, device: "
	    "https://d.test/}", mem) == 0 && cn_provider_flow(&p, &flow) &&
	    flow == CN_FLOW_CLIENT,
	    "one of the configuration: its first flow that has all it needs");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (find(&p, "a", bad[i], mem) == 0 || err.status != 78)
			break;
	ok(i == sizeof(bad) / sizeof(bad[0]), "what is wrong is refused");
	if (i < sizeof(bad) / sizeof(bad[0]))
		printf("# %s\n", bad[i]);
}

int main(void)
{
	struct cn_arena mem = { 0 };

	tokens();
	refusals();
	redirects();
	shipped(&mem);
	own(&mem);
	cn_arena_release(&mem);
	return done();
}
