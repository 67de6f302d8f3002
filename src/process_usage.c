/* A look at /proc/self, and two questions; see process_usage.h. */
#include "process_usage.h"

#include "cleanup.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Sizes in pages, proc_pid_statm(5). */
static void read_memory(struct process_usage *usage)
{
    char text[256];
    unsigned long long all, resident;
    CLEANUP(close_fd) int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (n <= 0)
        return;
    text[n] = '\0';
    if (sscanf(text, "%llu %llu", &all, &resident) != 2)
        return;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    usage->virtual_bytes = all * page;
    usage->resident_bytes = resident * page;
}

static uint64_t count_entries(const char *path)
{
    uint64_t count = 0;
    DIR *folder = opendir(path);
    if (!folder)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count > 3 ? count - 3 : 0; /* ".", ".." and the folder itself */
}

/* From Linux 6.2 on the folder's size is how many there are; thirty thousand take a while to be read. */
static uint64_t count_fds(void)
{
    struct stat st;
    if (stat("/proc/self/fd", &st) == 0 && st.st_size > 0)
        return (uint64_t)st.st_size;
    return count_entries("/proc/self/fd");
}

void process_usage_read(struct process_usage *ret)
{
    struct rlimit limit;
    struct timespec cpu;
    *ret = (struct process_usage){.fds = count_fds()};
    read_memory(ret);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        ret->fds_max = limit.rlim_cur;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
        ret->cpu_nsec = (uint64_t)cpu.tv_sec * UINT64_C(1000000000) + (uint64_t)cpu.tv_nsec;
}
