// What glibc declares only where _GNU_SOURCE is defined, which Swift's module of it is not built with; and headers of the kernel that
// no module has.

#ifndef CLINUX_H
#define CLINUX_H

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

/// CLONE_NEWNET of linux/sched.h: a network namespace.
enum { portlog_clone_newnet = 0x40000000 };

/// setns(2): the calling thread enters a namespace.
int setns(int descriptor, int type);

/// pidfd_open(2): a descriptor for a process, which never stands for another one that is given its number later. Linux 5.3.
int pidfd_open(int pid, unsigned int flags);

/// pidfd_getfd(2): a duplicate of a descriptor of another process. Linux 5.6; wants PTRACE_MODE_ATTACH_REALCREDS.
int pidfd_getfd(int pidfd, int target, unsigned int flags);

#endif
