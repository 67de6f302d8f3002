/* The desk and what is laid down from it; see workspace.h. */
#include "workspace.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define USEC_PER_SEC 1000000LL

void unfinished_free(struct unfinished *unfinished)
{
    if (!unfinished)
        return;
    if (unfinished->timer_fd >= 0)
        close(unfinished->timer_fd);
    if (unfinished->file_fd >= 0)
        close(unfinished->file_fd);
    free(unfinished);
}

void workspace_init(struct workspace *workspace)
{
    workspace->date_second = INT64_MIN;
    workspace_take_up(workspace, NULL);
}

void workspace_start_turn(struct workspace *workspace)
{
    struct timespec monotonic, real;
    /* Both are answered by the vDSO from the last clock tick: no syscall, and milliseconds don't matter here.
     */
    clock_gettime(CLOCK_MONOTONIC_COARSE, &monotonic);
    clock_gettime(CLOCK_REALTIME_COARSE, &real);
    workspace->now_usec = monotonic.tv_sec * USEC_PER_SEC + monotonic.tv_nsec / 1000;
    if (workspace->date_second != real.tv_sec) {
        workspace->date_second = real.tv_sec;
        if (date_format(real.tv_sec, workspace->date) < 0)
            (void)date_format(0, workspace->date);
    }
}

void workspace_take_up(struct workspace *workspace, struct unfinished *unfinished)
{
    workspace->input_start = workspace->input_end = 0;
    workspace->timer_fd = -1;
    workspace->answer = (struct answer){0};
    output_reset(&workspace->output);
    if (!unfinished)
        return;
    const struct unfinished *u = unfinished;
    memcpy(workspace->input, u->bytes, u->input_length);
    workspace->input_end = u->input_length;
    output_append(&workspace->output, (struct str){u->bytes + u->input_length, u->output_length});
    if (u->file_fd >= 0)
        output_append_file(&workspace->output, u->file_fd, u->file_offset, u->file_end - u->file_offset);
    workspace->timer_fd = u->timer_fd;
    workspace->answer = u->answer;
    free(unfinished); /* its fds are on the desk now */
}

bool workspace_lay_down(const struct workspace *workspace, struct unfinished **ret)
{
    const struct output *output = &workspace->output;
    struct str input = workspace_received(workspace);
    size_t unsent = output->used - output->sent;
    *ret = NULL;
    if (input.length == 0 && output_is_empty(output) && workspace->timer_fd < 0)
        return true;
    struct unfinished *u = malloc(sizeof *u + input.length + unsent);
    if (!u)
        return false;
    *u = (struct unfinished){
        .answer = workspace->answer,
        .timer_fd = workspace->timer_fd,
        .file_fd = output->file_fd,
        .file_offset = output->file_offset,
        .file_end = output->file_end,
        .input_length = input.length,
        .output_length = unsent,
    };
    memcpy(u->bytes, input.data, input.length);
    memcpy(u->bytes + input.length, output->buffer + output->sent, unsent);
    *ret = u;
    return true;
}

void workspace_abandon(struct workspace *workspace)
{
    if (workspace->timer_fd >= 0)
        close(workspace->timer_fd);
    workspace->timer_fd = -1;
    output_drop(&workspace->output);
}

struct str workspace_received(const struct workspace *workspace)
{
    return (struct str){workspace->input + workspace->input_start,
                        workspace->input_end - workspace->input_start};
}
