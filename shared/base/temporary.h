/* Files that are not whole yet. A program that is interrupted (SIGINT, SIGTERM, SIGHUP) leaves none behind.
 *
 * The list is the one piece of state that is not main's: a signal handler has no other way to it. */
#ifndef CLAIRSCORE_BASE_TEMPORARY_H
#define CLAIRSCORE_BASE_TEMPORARY_H

enum { TEMPORARY_FILES = 64 };

/* From now on those signals remove what is on the list, the newest first, and then end the program as they
 * would have without it. For programs that write files; servers end in their own way. */
void temporary_remove_on_signals(void);

/* Puts a file or an empty folder on the list. With TEMPORARY_FILES on it already, or too long a path, it is
 * not kept: the file then stays behind after an interruption. Any thread may call it. */
void temporary_add(const char *path);

/* Takes it off, because it is whole or gone. */
void temporary_forget(const char *path);

#endif
