/* The desk and what is laid down from it; see workspace.h. */
#include "workspace.h"

#include "http/request.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

size_t unfinished_size(const struct unfinished *unfinished)
{
    return sizeof *unfinished + unfinished->stretch_count * sizeof *unfinished->stretches +
           unfinished->answer_count * sizeof(struct pending) + unfinished->input_length +
           unfinished->output_length + unfinished->text_length;
}

static struct pending *pending_of(struct unfinished *unfinished)
{
    return (struct pending *)(void *)(unfinished->stretches + unfinished->stretch_count);
}

/* What stands behind those. */
static char *bytes_of(struct unfinished *unfinished)
{
    return (char *)(pending_of(unfinished) + unfinished->answer_count);
}

void unfinished_put(const struct unfinished *unfinished, struct state *state)
{
    state_put(state, unfinished, unfinished_size(unfinished));
    if (unfinished->timer_fd >= 0)
        state_keep_fd(state, unfinished->timer_fd);
    if (unfinished->file_fd >= 0)
        state_keep_fd(state, unfinished->file_fd);
}

static bool fits_a_desk(const struct unfinished *u)
{
    return u->input_length <= INPUT_SIZE && u->output_length <= OUTPUT_SIZE &&
           u->stretch_count <= OUTPUT_STRETCHES_MAX && u->answer_count <= ANSWERS_MAX &&
           u->text_length <= ANSWERS_TEXT_MAX && (u->file_fd >= 0) == (u->stretch_count > 0);
}

/* Whether it can be read as one: any other value in its place is undefined behaviour. */
static bool is_bool(const bool *value)
{
    unsigned char byte;
    memcpy(&byte, value, sizeof byte);
    return byte <= 1;
}

static bool is_sound_answer(const struct answer *answer)
{
    return is_bool(&answer->close) && is_bool(&answer->unread) && is_bool(&answer->uploading) &&
           is_bool(&answer->go_ahead) && body_is_valid(&answer->body);
}

static bool are_sound_stretches(const struct unfinished *u)
{
    size_t behind = 0;
    for (unsigned i = 0; i < u->stretch_count; i++) {
        const struct stretch *stretch = &u->stretches[i];
        if (stretch->behind < behind || stretch->behind > u->output_length)
            return false;
        if (stretch->offset > stretch->end || stretch->end > INT64_MAX)
            return false;
        behind = stretch->behind;
    }
    return true;
}

/* An exchange that waits has its head at the start of the input; only such a one sleeps. */
static bool is_sound_head(struct unfinished *u)
{
    if (u->head_length == 0)
        return u->timer_fd < 0;
    return request_head_length((struct str){bytes_of(u), u->input_length}) == u->head_length;
}

int unfinished_get(struct unfinished **ret, struct state *state)
{
    struct unfinished head;
    int r = state_get(state, &head, sizeof head);
    if (r < 0)
        return r;
    if (!fits_a_desk(&head))
        return -EBADMSG;
    size_t size = unfinished_size(&head);
    struct unfinished *u = malloc(size);
    if (!u)
        return -ENOMEM;
    memcpy(u, &head, sizeof head);
    r = state_get(state, u->stretches, size - sizeof *u);
    if (r == 0 && !(is_sound_answer(&u->answer) && are_sound_stretches(u) && is_sound_head(u) &&
                    answers_are_sound(pending_of(u), u->answer_count, u->text_length)))
        r = -EBADMSG;
    if (r < 0)
        free(u);
    else
        *ret = u;
    return r;
}

void workspace_init(struct workspace *workspace, const struct site *site, struct access *access,
                    unsigned worker)
{
    workspace->site = site;
    workspace->access = access;
    workspace->worker = worker;
    workspace->now.second = INT64_MIN;
    workspace->recent = (struct recent){0};
    workspace_take_up(workspace, NULL);
}

void workspace_end(struct workspace *workspace)
{
    recent_forget(&workspace->recent);
}

void workspace_start_turn(struct workspace *workspace)
{
    struct timespec real;
    /* Both are answered by the vDSO: no syscall. Of the date, from the last clock tick: milliseconds don't
     * matter there. */
    clock_gettime(CLOCK_REALTIME_COARSE, &real);
    workspace->began_nsec = counters_clock();
    workspace->now.usec = (int64_t)(workspace->began_nsec / 1000);
    if (workspace->now.second != real.tv_sec) {
        workspace->now.second = real.tv_sec;
        if (date_format(real.tv_sec, workspace->now.date) < 0)
            (void)date_format(0, workspace->now.date);
    }
}

void workspace_end_turn(struct workspace *workspace)
{
    histogram_note(&workspace->counters.service, counters_clock() - workspace->began_nsec);
}

static void take_up(struct workspace *workspace, struct unfinished *u)
{
    const char *bytes = bytes_of(u);
    workspace->begun_usec = u->begun_usec;
    memcpy(workspace->input, bytes, u->input_length);
    workspace->input_end = u->input_length;
    workspace->head_length = u->head_length;
    output_append(&workspace->output, (struct str){bytes + u->input_length, u->output_length});
    output_set_stretches(&workspace->output, u->file_fd, u->stretches, u->stretch_count);
    workspace->timer_fd = u->timer_fd;
    workspace->answer = u->answer;
    answers_take_up(&workspace->answers, pending_of(u), u->answer_count,
                    bytes + u->input_length + u->output_length);
    free(u); /* its fds are on the desk now */
}

void workspace_take_up(struct workspace *workspace, struct unfinished *unfinished)
{
    workspace->input_start = workspace->input_end = workspace->head_length = 0;
    workspace->timer_fd = -1;
    workspace->share = TURN_REQUESTS;
    workspace->received = 0;
    workspace->drained = false;
    workspace->answer = (struct answer){0};
    answers_clear(&workspace->answers);
    output_reset(&workspace->output);
    if (unfinished)
        take_up(workspace, unfinished);
}

/* The answers that wait, on their way to memory of their own. */
struct laid_answers {
    struct pending list[ANSWERS_MAX];
    char text[ANSWERS_TEXT_MAX];
};

/* NULL where memory is short. */
static struct unfinished *lay_down(const struct workspace *workspace, const struct laid_answers *answers,
                                   size_t text_length)
{
    const struct output *output = &workspace->output;
    struct str input = workspace_received(workspace);
    const struct unfinished fixed = {
        .answer = workspace->answer,
        .head_length = workspace->head_length,
        .timer_fd = workspace->timer_fd,
        .file_fd = output->file_fd,
        .stretch_count = output->stretch_count - output->stretches_sent,
        .answer_count = workspace->answers.count,
        .begun_usec = workspace->begun_usec,
        .input_length = input.length,
        .output_length = output->used - output->sent,
        .text_length = text_length,
    };
    struct unfinished *u = malloc(unfinished_size(&fixed));
    if (!u)
        return NULL;
    *u = fixed;
    output_get_stretches(output, u->stretches);
    char *bytes = bytes_of(u);
    memcpy(bytes, input.data, input.length);
    memcpy(bytes + input.length, output->buffer + output->sent, u->output_length);
    if (answers) {
        memcpy(pending_of(u), answers->list, u->answer_count * sizeof answers->list[0]);
        memcpy(bytes + input.length + u->output_length, answers->text, text_length);
    }
    return u;
}

static struct unfinished *lay_down_with_answers(const struct workspace *workspace)
{
    struct laid_answers answers;
    size_t length =
        answers_lay_down(&workspace->answers, workspace->output.moved, answers.list, answers.text);
    return lay_down(workspace, &answers, length);
}

bool workspace_lay_down(const struct workspace *workspace, struct unfinished **ret)
{
    *ret = NULL;
    if (workspace_received(workspace).length == 0 && output_is_empty(&workspace->output) &&
        workspace->timer_fd < 0)
        return true;
    *ret = workspace->answers.count > 0 ? lay_down_with_answers(workspace) : lay_down(workspace, NULL, 0);
    return *ret != NULL;
}

void workspace_abandon(struct workspace *workspace)
{
    if (workspace->timer_fd >= 0)
        close(workspace->timer_fd);
    workspace->timer_fd = -1;
    output_drop(&workspace->output);
}

void workspace_skip(struct workspace *workspace, size_t length)
{
    char *head = workspace->input + workspace->input_start;
    assert(workspace->input_start + workspace->head_length + length <= workspace->input_end);
    if (length > 0)
        memmove(head + length, head, workspace->head_length);
    workspace->input_start += length;
}
