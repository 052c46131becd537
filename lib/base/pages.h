/* pages.h - memory of the process that nobody asked for */
#ifndef CN_PAGES_H
#define CN_PAGES_H

/* Lets go of the code of all libraries: what is still needed comes back by
 * itself, from the page cache.  Loading and starting two dozen libraries
 * leaves 10 MB of it behind, most of which runs once; so this is for a process
 * that will live long, when it is ready. */
void cn_pages_let_go(void);

#endif
