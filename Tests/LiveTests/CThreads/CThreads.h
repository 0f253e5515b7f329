// What the tests need of single threads, which glibc declares only for _GNU_SOURCE.

#ifndef CTHREADS_H
#define CTHREADS_H

/// setfsuid(2): the user of the calling thread's new files and sockets; the one before.
int setfsuid(unsigned int uid);

#endif
