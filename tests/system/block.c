/*
 * block PID: lets no worker of a hellod go past where it opens a file, as a disk that doesn't answer would.
 * Says "blocked" when all are there, and waits until they are gone.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static bool is_worker(const char *process, const char *thread)
{
    char path[320], name[32] = "";
    snprintf(path, sizeof path, "/proc/%s/task/%s/comm", process, thread);
    FILE *file = fopen(path, "re");
    bool worker = file && fgets(name, sizeof name, file) && strncmp(name, "hellod-w", 8) == 0;
    if (file)
        fclose(file);
    return worker;
}

static unsigned seize_workers(const char *process)
{
    char path[64];
    unsigned count = 0;
    snprintf(path, sizeof path, "/proc/%s/task", process);
    DIR *threads = opendir(path);
    for (struct dirent *entry; threads && (entry = readdir(threads));) {
        pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);
        if (!is_worker(process, entry->d_name))
            continue;
        if (ptrace(PTRACE_SEIZE, thread, NULL, (void *)PTRACE_O_TRACESYSGOOD) < 0 ||
            ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) < 0)
            perror("ptrace");
        else
            count++;
    }
    if (threads)
        closedir(threads);
    return count;
}

static bool opens_a_file(pid_t worker)
{
    struct __ptrace_syscall_info info;
    return ptrace(PTRACE_GET_SYSCALL_INFO, worker, (void *)sizeof info, &info) > 0 &&
           info.op == PTRACE_SYSCALL_INFO_ENTRY &&
           (info.entry.nr == SYS_openat2 || info.entry.nr == SYS_openat);
}

int main(int argc, char **argv)
{
    unsigned count = argc == 2 ? seize_workers(argv[1]) : 0, blocked = 0;
    int status;
    pid_t worker;
    if (count == 0) {
        fputs("There are no workers to block\n", stderr);
        return EXIT_FAILURE;
    }
    puts("waiting");
    fflush(stdout);
    while ((worker = waitpid(-1, &status, __WALL)) > 0) {
        if (!WIFSTOPPED(status))
            continue;
        if (!opens_a_file(worker)) {
            ptrace(PTRACE_SYSCALL, worker, NULL, NULL);
        } else if (++blocked == count) {
            puts("blocked");
            fflush(stdout);
        }
    }
    return errno == ECHILD && blocked == count ? EXIT_SUCCESS : EXIT_FAILURE;
}
