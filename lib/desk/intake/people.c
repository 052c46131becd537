#include "desk/intake/people.h"

#include <string.h>

#include "desk/intake/sender.h"
#include "store/erase.h"

int cn_people_find(struct cn_store *s, const struct cn_config *conf,
    const char *address, const char *name, bool desk, struct cn_ident *who,
    struct cn_err *err)
{
	int r = cn_ident_find(s, address, who, err);

	if (r != 0)
		return r < 0 ? -1 : 0;
	desk |= cn_config_is_desk(conf, address);
	return cn_ident_add(s, desk ? "agent" : "customer", address, name,
	    cn_store_now(s), who, err);
}

int cn_people_link(struct cn_store *s, const struct cn_config *conf,
    const struct cn_msg *m, bool desk, struct cn_link links[CN_LINKS],
    size_t *n, struct cn_err *err)
{
	const struct cn_addrs *lists[] = { &m->from, &m->to, &m->cc };
	struct cn_arena mem = { 0 };
	struct cn_ident who;
	const char *kind;
	int64_t time;
	size_t k, i;
	int r = 0;

	for (k = 0; k < 3 && r == 0; k++) {
		for (i = 0; i < lists[k]->n && *n < CN_LINKS && r == 0; i++) {
			const struct cn_addr *a = &lists[k]->v[i];

			if (cn_ident_normal(&mem, a->addr, &kind) == NULL)
				continue;
			/* Others' older mail brings nobody back either. */
			r = cn_erased_ident(s, a->addr, &time, err);
			if (r == 1 && m->date < time) {
				r = 0;
				continue;
			}
			if (r >= 0)
				r = cn_people_find(s, conf, a->addr, a->name,
				    desk && k == 0, &who, err);
			if (r == 0)
				links[(*n)++] = (struct cn_link){ who.id,
				    (enum cn_role)(k + 1) };
		}
	}
	cn_arena_release(&mem);
	return r;
}

static const struct cn_addr *customer(const struct cn_config *c,
    const struct cn_addrs *a)
{
	size_t i;

	for (i = 0; i < a->n && i < CN_LINKS; i++)
		if (a->v[i].addr[0] != '\0' &&
		    !cn_config_is_desk(c, a->v[i].addr))
			return &a->v[i];
	return NULL;
}

const char *cn_people_owner(const struct cn_config *c, struct cn_mail *mail,
    const struct cn_msg *m, const char **name)
{
	const struct cn_addr *from = m->from.n > 0 ? &m->from.v[0] : NULL;
	const struct cn_addr *who;
	const char *failed = cn_mail_bounce(mail);

	*name = NULL;
	if (failed != NULL || cn_sender_unverified(m))
		return failed != NULL && failed[0] ? failed : NULL;
	if (strcmp(m->direction, "in") == 0)
		who = from != NULL && from->addr[0] != '\0' ? from : NULL;
	else if ((who = customer(c, &m->to)) == NULL)
		who = customer(c, &m->cc);
	if (who == NULL)
		return NULL;
	*name = who->name;
	return who->addr;
}
