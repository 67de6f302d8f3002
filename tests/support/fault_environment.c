/*
 * What fails in a server that runs as a process of its own: FAULT=CALL:NTH:ERRNO in its environment, the call
 * by its name, the errno as a number; and in which of its lives, by FAULT_IMAGE. "start": from the beginning
 * of the program that is started. "resume": from the beginning of the one that takes over in a reload.
 * "signal": from SIGUSR2 on, in the first. That it listens to the signal, and that it has struck, is told on
 * standard error.
 */
#include "fault.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum fault_call call = FAULT_COUNT;
static unsigned nth;
static int error;

static void begin(void)
{
    fault_set(call, nth, 1, error);
}

static void on_signal(int number)
{
    static const char entry[] = "<7>Faults from now on\n";
    (void)number;
    begin();
    (void)!write(STDERR_FILENO, entry, sizeof entry - 1);
}

static bool has_argument(int argc, char **argv, const char *start)
{
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], start, strlen(start)) == 0)
            return true;
    return false;
}

static void read_environment(void)
{
    char name[32];
    const char *text = getenv("FAULT");
    if (!text || sscanf(text, "%31[^:]:%u:%d", name, &nth, &error) != 3)
        return;
    for (call = 0; call < FAULT_COUNT && strcmp(fault_name(call), name) != 0; call++)
        ;
}

__attribute__((constructor)) static void set_by_environment(int argc, char **argv)
{
    const char *image = getenv("FAULT_IMAGE");
    read_environment();
    if (call == FAULT_COUNT || !image || has_argument(argc, argv, "--can-resume"))
        return;
    fault_tell();
    bool resumes = has_argument(argc, argv, "--resume=");
    if ((strcmp(image, "start") == 0 && !resumes) || (strcmp(image, "resume") == 0 && resumes))
        begin();
    else if (strcmp(image, "signal") == 0 && !resumes)
        signal(SIGUSR2, on_signal);
}
