#include "base/pages.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

static int let_go(struct dl_phdr_info *lib, size_t size, void *page)
{
	uintptr_t mask = ~(*(uintptr_t *)page - 1), from, to;
	int i;

	(void)size;
	for (i = 0; i < lib->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &lib->dlpi_phdr[i];

		if (h->p_type != PT_LOAD || (h->p_flags & PF_W))
			continue;
		from = (lib->dlpi_addr + h->p_vaddr) & mask;
		to = (lib->dlpi_addr + h->p_vaddr + h->p_memsz) & mask;
		if (to > from)
			madvise((void *)from, to - from, MADV_DONTNEED);
	}
	return 0;
}

void cn_pages_let_go(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	dl_iterate_phdr(let_go, &page);
}
