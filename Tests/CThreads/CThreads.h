// What the tests need of single threads, which glibc declares only for _GNU_SOURCE.

#ifndef CTHREADS_H
#define CTHREADS_H

/// CLONE_NEWNET of linux/sched.h.
enum { test_clone_newnet = 0x40000000 };

/// unshare(2): the calling thread gets a namespace of its own.
int unshare(int flags);

/// setfsuid(2): the user of the calling thread's new files and sockets; the one before.
int setfsuid(unsigned int uid);

#endif
