#include "cli/share.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *cn_share(struct cn_cli *cli, const char *variable,
    const char *name)
{
	const char *v = variable ? getenv(variable) : NULL;
	char exe[PATH_MAX];
	char *slash;
	ssize_t n;

	if (v != NULL && *v != '\0')
		return v;
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	slash = strrchr(exe, '/');
	if (slash != NULL)
		*slash = '\0';
	return cn_arena_fmt(&cli->arena, "%s/../share/convonest/%s", exe,
	    name);
}
