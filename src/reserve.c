/* Who is at one job from one look to the next waits for a disk, most likely; see reserve.h. */
#include "reserve.h"

#include <assert.h>
#include <poll.h>
#include <stddef.h>

static void lock(struct reserve *reserve)
{
    int r = pthread_mutex_lock(&reserve->lock);
    assert(r == 0);
}

static void unlock(struct reserve *reserve)
{
    int r = pthread_mutex_unlock(&reserve->lock);
    assert(r == 0);
}

void reserve_init(struct reserve *reserve)
{
    int r = pthread_mutex_init(&reserve->lock, NULL);
    assert(r == 0);
    r = pthread_cond_init(&reserve->changed, NULL);
    assert(r == 0);
    reserve->lookout_is_kept = false;
}

void reserve_end(struct reserve *reserve)
{
    pthread_cond_destroy(&reserve->changed);
    pthread_mutex_destroy(&reserve->lock);
}

static bool is_halted(const struct reserve *reserve)
{
    return atomic_load_explicit(reserve->halted, memory_order_acquire);
}

static uint64_t turns_of(const struct reserve_post *post)
{
    return atomic_load_explicit(&post->turns, memory_order_relaxed);
}

/* Who is at the job of the last look, and has nobody yet to stand in; NULL: there is none. */
static struct reserve_post *find_held_up(const struct reserve *reserve)
{
    struct reserve_post *found = NULL;
    for (unsigned i = 0; i < reserve->size; i++) {
        struct reserve_post *post = &reserve->posts[i];
        uint64_t turns = turns_of(post);
        if (turns % 2 == 0 || turns != post->seen_turns) {
            post->seen_turns = turns;
            post->is_stood_for = false;
        } else if (!post->is_stood_for && !found) {
            found = post;
        }
    }
    return found;
}

/* Until the pool halts or somebody is held up while there is something to do. */
static void keep_lookout(const struct reserve *reserve, struct reserve_duty *ret)
{
    struct pollfd fds[] = {{.fd = reserve->halt_fd, .events = POLLIN},
                           {.fd = reserve->epoll_fd, .events = POLLIN}};
    struct reserve_post *held_up = NULL;
    for (unsigned looks = 0; !held_up && !is_halted(reserve); looks++) {
        /* Where either fails, for want of memory, the look only comes early. */
        (void)poll(fds, 2, -1);
        (void)poll(fds, 1, looks < RESERVE_LOOKS_MAX ? RESERVE_LOOK_MSEC : RESERVE_LOOK_CALM_MSEC);
        held_up = find_held_up(reserve);
    }
    if (!held_up)
        return;
    held_up->is_stood_for = true;
    *ret = (struct reserve_duty){.post = held_up, .turns = held_up->seen_turns};
}

void reserve_stand_by(struct reserve *reserve, struct reserve_duty *ret)
{
    lock(reserve);
    while (reserve->lookout_is_kept && !is_halted(reserve)) {
        int r = pthread_cond_wait(&reserve->changed, &reserve->lock);
        assert(r == 0);
    }
    bool free = !reserve->lookout_is_kept;
    if (free)
        reserve->lookout_is_kept = true;
    unlock(reserve);
    if (!free)
        return;
    keep_lookout(reserve, ret);
    lock(reserve);
    reserve->lookout_is_kept = false;
    int r = pthread_cond_signal(&reserve->changed);
    assert(r == 0);
    unlock(reserve);
}

void reserve_wake(struct reserve *reserve)
{
    lock(reserve);
    int r = pthread_cond_broadcast(&reserve->changed);
    assert(r == 0);
    unlock(reserve);
}

bool reserve_duty_lasts(struct reserve_duty *duty)
{
    if (duty->post && turns_of(duty->post) != duty->turns)
        duty->post = NULL;
    return duty->post;
}
