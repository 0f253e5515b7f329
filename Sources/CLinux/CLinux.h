// What glibc declares only where _GNU_SOURCE is defined, which Swift's module of it is not built with.

#ifndef CLINUX_H
#define CLINUX_H

/// CLONE_NEWNET of linux/sched.h: a network namespace.
enum { portlog_clone_newnet = 0x40000000 };

/// setns(2): the calling thread enters a namespace.
int setns(int descriptor, int type);

#endif
