/* classify - times the classifier, and measures it on labelled text
 *
 * classify cpu COMMAND...           CPU seconds of a command
 * classify predict MODEL            the class of each line, as fastText says it
 * classify folds FILE.tsv           accuracy by five folds
 * classify groups YAML MAP FILE.tsv share of right groups, starter model */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ai/model.h"
#include "base/file.h"

#define FILE_MAX (64u << 20)

static int
cpu(char **argv, struct cn_err *err)
{
	struct rusage r;
	int status, null;
	pid_t pid = fork();

	if (pid == 0) {
		null = open("/dev/null", O_WRONLY);
		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0 ||
	    getrusage(RUSAGE_CHILDREN, &r) != 0)
		return cn_fail(err, CN_INTERNAL, "%s failed", argv[0]);
	printf("%.6f\n", (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	    (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6);
	return 0;
}

static int
examples(const char *path, bool yaml, struct cn_train *t, struct cn_buf *b,
    struct cn_err *err)
{
	if (cn_file_read(path, FILE_MAX, b, err) < 0)
		return -1;
	return yaml ? cn_train_yaml(t, path, cn_buf_view(b), err) :
	    cn_train_tsv(t, path, cn_buf_view(b), NULL, err);
}

/* The next 'label<TAB>text'; false at the end. */
static bool
line(struct cn_str *all, struct cn_str *label, struct cn_str *text)
{
	const char *nl, *tab;

	while (all->n) {
		nl = memchr(all->p, '\n', all->n);
		if (nl == NULL)
			nl = all->p + all->n;
		tab = memchr(all->p, '\t', (size_t)(nl - all->p));
		if (tab) {
			*label = (struct cn_str){ all->p,
			    (size_t)(tab - all->p) };
			*text = (struct cn_str){ tab + 1,
			    (size_t)(nl - tab - 1) };
		}
		all->n -= (size_t)(nl - all->p) + (all->n > (size_t)(nl -
		    all->p));
		all->p = nl + 1;
		if (tab)
			return true;
	}
	return false;
}

static int
predict(const char *path, struct cn_err *err)
{
	struct cn_arena arena = { 0 };
	float p[CN_MODEL_CLASSES];
	struct cn_buf b = { 0 };
	struct cn_model *m;
	char *text = NULL;
	size_t cap = 0;
	ssize_t n;
	int best;

	if (cn_file_read(path, FILE_MAX, &b, err) < 0 ||
	    (m = cn_model_load(cn_buf_view(&b), err)) == NULL)
		return -1;
	while ((n = getline(&text, &cap, stdin)) > 0) {
		best = cn_model_predict(m, &(struct cn_ai_input){ .text = {
		    text, (size_t)n - 1 } }, p, &arena);
		fputs_unlocked("__label__", stdout);
		fputs_unlocked(best < 0 ? "-" : cn_model_class(m,
		    (size_t)best), stdout);
		putchar_unlocked('\n');
		cn_arena_reset(&arena);
	}
	free(text);
	cn_arena_release(&arena);
	cn_buf_release(&b);
	cn_model_free(m);
	return 0;
}

static int
folds(const char *path, struct cn_err *err)
{
	struct cn_train *t = cn_train_new();
	struct cn_arena arena = { 0 };
	struct cn_buf b = { 0 };
	struct cn_eval e;

	if (examples(path, false, t, &b, err) < 0 ||
	    cn_eval_folds(t, NULL, 5, &e, &arena, err) < 0)
		return -1;
	printf("%.4f accuracy, %.4f macro-F1, %.4f ECE, %.3f covered at "
	    "%.4f\n", e.accuracy, e.macro_f1, e.ece, e.coverage,
	    e.covered_accuracy);
	cn_arena_release(&arena);
	cn_buf_release(&b);
	cn_train_free(t);
	return 0;
}

/* 'who<TAB>label<TAB>group': the group, or NULL. */
static const char *
group(const char *map, const char *who, struct cn_str label, size_t *n)
{
	char key[2 * CN_MODEL_LABEL + 8];
	const char *p;

	snprintf(key, sizeof(key), "\n%s\t%.*s\t", who, (int)label.n,
	    label.p);
	p = strstr(map, key);
	if (p == NULL)
		return NULL;
	p += strlen(key);
	*n = strcspn(p, "\n");
	return p;
}

static int
groups(const char *yaml, const char *map, const char *path,
    struct cn_err *err)
{
	struct cn_buf y = { 0 }, g = { 0 }, b = { 0 }, file = { 0 };
	struct cn_train *t = cn_train_new();
	struct cn_arena arena = { 0 };
	struct cn_str all, label, text;
	size_t n = 0, right = 0, wn, gn;
	const char *want, *got;
	float p[CN_MODEL_CLASSES];
	struct cn_model *m;
	int best;

	if (examples(yaml, true, t, &y, err) < 0 ||
	    cn_file_read(map, FILE_MAX, &g, err) < 0 ||
	    cn_file_read(path, FILE_MAX, &b, err) < 0 ||
	    (m = cn_model_train(t, NULL, err)) == NULL)
		return -1;
	cn_model_save(m, &file);
	all = cn_buf_view(&b);
	while (line(&all, &label, &text)) {
		best = cn_model_predict(m, &(struct cn_ai_input){ .text = text }, p,
		    &arena);
		want = group(g.p, "bitext", label, &wn);
		got = best < 0 ? NULL : group(g.p, "ours",
		    cn_str(cn_model_class(m, (size_t)best)), &gn);
		right += want && got && wn == gn &&
		    memcmp(want, got, wn) == 0;
		n++;
		if (getenv("VERBOSE"))
			printf("%.*s\t%s\t%.2f\n", (int)label.n, label.p,
			    best < 0 ? "-" : cn_model_class(m, (size_t)best),
			    best < 0 ? 0 : p[best]);
		cn_arena_reset(&arena);
	}
	printf("%.4f of %zu in the right group; model %zu bytes\n",
	    (double)right / (double)n, n, file.len);
	cn_arena_release(&arena);
	cn_buf_release(&y);
	cn_buf_release(&g);
	cn_buf_release(&b);
	cn_buf_release(&file);
	cn_model_free(m);
	cn_train_free(t);
	return 0;
}

int
main(int argc, char **argv)
{
	struct cn_err err = { 0 };
	int rc = -1;

	if (argc > 2 && strcmp(argv[1], "cpu") == 0)
		rc = cpu(argv + 2, &err);
	else if (argc == 3 && strcmp(argv[1], "predict") == 0)
		rc = predict(argv[2], &err);
	else if (argc == 3 && strcmp(argv[1], "folds") == 0)
		rc = folds(argv[2], &err);
	else if (argc == 5 && strcmp(argv[1], "groups") == 0)
		rc = groups(argv[2], argv[3], argv[4], &err);
	else
		cn_fail(&err, CN_USAGE, "see the head of classify.c");
	if (rc < 0)
		fprintf(stderr, "classify: %s\n", err.msg);
	return rc < 0 ? err.status : 0;
}
