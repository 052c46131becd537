#include "desk/learn/teach.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "desk/learn/classify.h"

#define MAIL_MAX ((size_t)64 << 20)

struct teach {
	struct cn_train *train;
	struct cn_str label;
	struct cn_items items;
	size_t *bad;
	bool any;			/* file of a folder */
};

bool cn_teach_operand(const char *s, struct cn_str *label, const char **path)
{
	const char *eq = strchr(s, '=');

	if (eq == NULL || eq[1] == '\0' || cn_file_exists(s))
		return false;
	*label = (struct cn_str){ s, (size_t)(eq - s) };
	*path = eq + 1;
	return cn_train_label_ok(*label);
}

static int one(struct teach *t, struct cn_str raw, struct cn_err *err)
{
	struct cn_item *it = cn_item_mail(&t->items, raw, cn_str(""), err);
	struct cn_ai_input in;
	int r;

	if (it == NULL) {
		*t->bad += err->status == CN_PARTIAL;
		return err->status == CN_PARTIAL ? 0 : -1;
	}
	cn_classify_input(t->items.conf, it, &in);
	in.marks = it->msg.marks;
	in.nmarks = it->msg.nmarks;
	r = cn_train_add(t->train, t->label, &in, err);
	cn_items_reset(&t->items);
	return r;
}

static int box(struct teach *t, int fd, struct cn_err *err)
{
	struct cn_mbox *b = cn_mbox_new(MAIL_MAX);
	struct cn_mbox_item item;
	int r;

	while ((r = cn_mbox_next(b, fd, &item, err)) == 1) {
		if (item.oversized)
			++*t->bad;
		else if (one(t, item.mail, err) < 0)
			break;
	}
	cn_mbox_free(b);
	return r == 0 ? 0 : -1;
}

static int file(void *arg, const char *folder, const char *path,
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	char head[100];
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

	(void)folder;
	((struct teach *)arg)->any = true;
	if (n < 0) {
		r = cn_fail_errno(err, CN_USAGE, "%s", path);
	} else if (cn_mail_form(head, (size_t)n) == CN_FORM_MBOX &&
	    lseek(fd, 0, SEEK_SET) == 0) {
		r = box(arg, fd, err);
	} else {
		r = cn_file_read(path, MAIL_MAX, &b, err);
		if (r == 0)
			r = one(arg, cn_buf_view(&b), err);
		cn_buf_wipe(&b);
	}
	if (fd >= 0)
		close(fd);
	return r;
}

/* One that is empty is a Maildir, too. */
static int maildir(struct teach *t, const char *path, struct cn_arena *mem,
    struct cn_err *err)
{
	if (cn_maildir_walk(path, file, t, err) < 0)
		return -1;
	if (t->any || cn_file_exists(cn_path(mem, path, "cur")) ||
	    cn_file_exists(cn_path(mem, path, "new")))
		return 0;
	cn_fail(err, CN_USAGE, "%s: no Maildir: neither it nor a folder in it "
	    "has mails in cur or new", path);
	return cn_hint(err, "files of one mail each are operands: "
	    "spam=FILE spam=FILE ...");
}

int cn_teach_mails(struct cn_train *train, struct cn_str label,
    const char *path, size_t *bad, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_config conf;
	struct teach t = { .train = train, .label = label, .bad = bad,
	    .items = { .conf = &conf, .purpose = "classify", .marks = true } };
	struct stat st;
	int r = cn_config_load(&conf, "/dev/null", &mem, err);

	if (r == 0 && stat(path, &st) < 0)
		r = cn_fail_errno(err, CN_USAGE, "%s", path);
	else if (r == 0)
		r = S_ISDIR(st.st_mode) ? maildir(&t, path, &mem, err) :
		    file(&t, "", path, err);
	cn_items_release(&t.items);
	cn_arena_release(&mem);
	return r;
}
