// What glibc declares only where _GNU_SOURCE is defined, which Swift's module of it is not built with; and headers of the kernel that
// no module has.

#ifndef CLINUX_H
#define CLINUX_H

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include <linux/capability.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/// CLONE_NEWNET of linux/sched.h: a network namespace.
enum { portlog_clone_newnet = 0x40000000 };

/// setns(2): the calling thread enters a namespace.
int setns(int descriptor, int type);

/// pidfd_open(2): a descriptor for a process, which never stands for another one that is given its number later. Linux 5.3.
int pidfd_open(int pid, unsigned int flags);

/// pidfd_getfd(2): a duplicate of a descriptor of another process. Linux 5.6; wants PTRACE_MODE_ATTACH_REALCREDS.
int pidfd_getfd(int pidfd, int target, unsigned int flags);

/// pipe2(2).
int pipe2(int descriptors[2], int flags);

/// posix_spawn(3) in a directory, and with no descriptors from one on. glibc 2.29 and 2.34.
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/// Gives up every capability of the calling thread for good, so that what it starts has none either, root or not: without new privileges
/// execve(2) gives no more than the thread has (`cap_bprm_creds_from_file` in security/commoncap.c). 0, or -1 with errno.
static inline int portlog_drop_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}, {0, 0, 0}};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return (int)syscall(SYS_capset, &header, none);
}

/// Keeps processes of the same user that have no capability out of this one: its memory and what stands below /proc/<pid> are
/// for those only who may trace any process (`__ptrace_may_access` in kernel/ptrace.c). A program that it starts is not meant: that has
/// memory of its own. 0, or -1 with errno.
static inline int portlog_guard_memory(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/// The program's text, as the linker has it (end(3)).
extern const char __executable_start, etext;

/// Lets go of the program's text: what is needed of it comes back from the page cache, and what only starting took does not. Nothing
/// was ever written there, so nothing is lost. 0, or -1 with errno.
static inline int portlog_release_text(void) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = ((uintptr_t)&__executable_start + page - 1) & ~(page - 1), end = (uintptr_t)&etext & ~(page - 1);
    return end > start ? madvise((void *)start, end - start, MADV_DONTNEED) : 0;
}

#endif
