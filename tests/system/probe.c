/*
 * Tries what a server that was taken over might try, and tells how that went: a line "refused WHAT" or
 * "ALLOWED WHAT" for each. Run in the place of hellod, all must be refused. Without a sandbox, as root,
 * nearly all is allowed: so the probe proves that it can find something. Arguments are chosen so that nothing
 * comes of what is allowed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <mntent.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* The errors of a sandbox; others say that the kernel went as far as to look at what was asked for. */
static bool is_refusal(long result)
{
    if (result >= 0)
        return false;
    switch (errno) {
    case EPERM:
    case EACCES:
    case EROFS:
    case ENOSYS:
    case EAFNOSUPPORT:
        return true;
    default:
        return false;
    }
}

static void tell(const char *what, bool refused)
{
    printf("%s %s\n", refused ? "refused" : "ALLOWED", what);
}

#define TRY(what, call)                                                                                      \
    do {                                                                                                     \
        errno = 0;                                                                                           \
        long result = (long)(call);                                                                          \
        tell(what, is_refusal(result));                                                                      \
    } while (false)

static void try_network(void)
{
    static const int families[] = {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK};
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        char what[64];
        snprintf(what, sizeof what, "socket of family %d", families[i]);
        TRY(what, socket(families[i], families[i] == AF_PACKET ? SOCK_RAW : SOCK_DGRAM, 0));
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/dbus/system_bus_socket"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    TRY("connect to the bus", connect(fd, (struct sockaddr *)&address, sizeof address));
    address = (struct sockaddr_un){.sun_family = AF_UNIX, .sun_path = "\0probe"};
    TRY("bind", bind(fd, (struct sockaddr *)&address, sizeof address));
    TRY("listen", listen(fd, 1));
}

/* The folder for logs, which may be written to. */
static bool is_log_folder(const struct stat *st)
{
    const char *folder = getenv("LOGS_DIRECTORY");
    struct stat logs;
    return folder && stat(folder, &logs) == 0 && logs.st_dev == st->st_dev && logs.st_ino == st->st_ino;
}

/* In every mounted file system, and the folders that are for everybody. */
static void try_to_write(void)
{
    static const char *const folders[] = {
        "/",        "/etc",     "/run",     "/srv",     "/usr/share/hellod/www",
        "/var/log", "/var/lib", "/var/tmp", "/run/lock"};
    char path[4096], what[8192];
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, sizeof path, "%s/probe", folders[i]);
        snprintf(what, sizeof what, "write to %s", folders[i]);
        TRY(what, open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        (void)unlink(path);
    }
    FILE *mounts = setmntent("/proc/self/mounts", "r");
    for (struct mntent *mount; mounts && (mount = getmntent(mounts));) {
        struct stat st;
        if (stat(mount->mnt_dir, &st) < 0 || !S_ISDIR(st.st_mode) || is_log_folder(&st))
            continue;
        snprintf(path, sizeof path, "%s/probe", mount->mnt_dir);
        snprintf(what, sizeof what, "write to the mount %s", mount->mnt_dir);
        int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        /* /proc and its like answer ENOENT to everyone. */
        if (fd >= 0 || errno != ENOENT)
            tell(what, is_refusal(fd));
        (void)unlink(path);
    }
    if (mounts)
        endmntent(mounts);
}

static void try_to_read(void)
{
    static const char *const files[] = {"/etc/shadow", "/proc/1/environ", "/proc/1/root/etc", "/dev/kmsg"};
    char what[256];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(what, sizeof what, "read %s", files[i]);
        errno = 0;
        int fd = open(files[i], O_RDONLY | O_CLOEXEC);
        tell(what, fd < 0);
    }
    static const char *const folders[] = {"/home/someone", "/root", "/run/user"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(what, sizeof what, "look into %s", folders[i]);
        tell(what, access(folders[i], R_OK | X_OK) < 0);
    }
}

struct run {
    const char *program;
    bool refused;
};

static int run(void *context)
{
    struct run *run = context;
    execl(run->program, run->program, "/dev/null", (char *)NULL);
    run->refused = is_refusal(-1);
    _exit(0);
}

/* The child shares our memory, and we wait for no more than its execve(2): waiting for its end is a system
 * call that may be refused. */
static bool runs_not(const char *program)
{
    static char stack[65536] __attribute__((aligned(16)));
    struct run attempt = {.program = program};
    pid_t child = clone(run, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &attempt);
    return child < 0 || attempt.refused;
}

static void try_to_run(void)
{
    static const char *const programs[] = {"/bin/sh", "/usr/bin/true", "/usr/bin/env"};
    char what[256];
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        snprintf(what, sizeof what, "run %s", programs[i]);
        tell(what, runs_not(programs[i]));
    }
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *code = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    tell("memory to write and run", code == MAP_FAILED);
    void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TRY("memory written, to run", mprotect(data, size, PROT_READ | PROT_EXEC));
}

/* What can be written there is of no use for more. */
static void try_log_folder(void)
{
    const char *folder = getenv("LOGS_DIRECTORY");
    char path[4096];
    if (!folder)
        return;
    snprintf(path, sizeof path, "%s/probe", folder);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
    static const char script[] = "#!/bin/sh\n";
    tell("not to be able to write a log", fd >= 0 && write(fd, script, sizeof script - 1) > 0);
    close(fd);
    tell("run what was written to the log folder", runs_not(path));
    snprintf(path, sizeof path, "%s/probe-setuid", folder);
    TRY("make a setuid file in the log folder", open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 04755));
    snprintf(path, sizeof path, "%s/../probe", folder);
    TRY("write beside the log folder", open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void try_privileges(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0, 0, 0}, {0, 0, 0}};
    TRY("setuid", syscall(SYS_setuid, 0));
    TRY("setgroups", syscall(SYS_setgroups, 0, NULL));
    TRY("capset", syscall(SYS_capset, &header, data));
    TRY("chroot", syscall(SYS_chroot, "/nowhere"));
    TRY("chmod", syscall(SYS_fchmodat, AT_FDCWD, "/nowhere", 04755));
    TRY("chown", syscall(SYS_fchownat, AT_FDCWD, "/nowhere", 0, 0, 0));
    TRY("mount", syscall(SYS_mount, NULL, "/nowhere", NULL, 0, NULL));
    TRY("umount", syscall(SYS_umount2, "/nowhere", 0));
    TRY("unshare", syscall(SYS_unshare, 0));
    TRY("a new user namespace", syscall(SYS_unshare, CLONE_NEWUSER));
    TRY("setns", syscall(SYS_setns, -1, 0));
    TRY("mknod", syscall(SYS_mknodat, AT_FDCWD, "/nowhere/at/all", S_IFCHR | 0600, 0));
    TRY("sethostname", syscall(SYS_sethostname, NULL, 1));
    TRY("settimeofday", syscall(SYS_settimeofday, NULL, (void *)1));
    TRY("personality", syscall(SYS_personality, 0xffffffff));
    TRY("priority", syscall(SYS_setpriority, 0, 0, 0));
    TRY("real time", syscall(SYS_sched_setscheduler, 0, -1, NULL));
}

static void try_others(void)
{
    TRY("signal to PID 1", kill(1, 0));
    TRY("ptrace", syscall(SYS_ptrace, 0x4200, 1, 0, 0));
    TRY("memory of others", syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 1));
    TRY("keyring", syscall(SYS_keyctl, 0, 0, 0));
    TRY("bpf", syscall(SYS_bpf, -1, NULL, 0));
    TRY("perf", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
    TRY("io_uring", syscall(SYS_io_uring_setup, 0, NULL));
    TRY("userfaultfd", syscall(SYS_userfaultfd, -1));
    TRY("message queue", syscall(SYS_msgget, 0, 0));
    TRY("inotify", syscall(SYS_inotify_init1, 0));
    TRY("load a module", syscall(SYS_finit_module, -1, "", 0));
    TRY("kernel log", syscall(SYS_syslog, 10, NULL, 0));
    TRY("swap", syscall(SYS_swapon, "/nowhere", 0));
    TRY("link", syscall(SYS_linkat, AT_FDCWD, "/nowhere", AT_FDCWD, "/nowhere", 0));
    TRY("rename", syscall(SYS_renameat2, AT_FDCWD, "/nowhere", AT_FDCWD, "/nowhere", 0));
    TRY("make a folder", syscall(SYS_mkdirat, AT_FDCWD, "/nowhere/at/all", 0700));
    TRY("remove a file", syscall(SYS_unlinkat, AT_FDCWD, "/nowhere", 0));
}

int main(void)
{
    try_network();
    try_to_write();
    try_to_read();
    try_to_run();
    try_log_folder();
    try_privileges();
    try_others();
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
