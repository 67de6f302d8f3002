/* A question by signal and its answer: who is heard, and which repeated questions are dropped. */
#include "reload_ask.h"

#include "../support/harness.h"
#include "../support/patience.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

static sigset_t hangup;

static int set_up(void **state)
{
    (void)state;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    assert_int_equal(sigprocmask(SIG_BLOCK, &hangup, NULL), 0);
    return 0;
}

static bool is_pending(void)
{
    sigset_t set;
    assert_int_equal(sigpending(&set), 0);
    return sigismember(&set, SIGHUP);
}

static void await_pending(void)
{
    int64_t deadline = patience_deadline();
    while (!is_pending())
        assert_true(patience_now() < deadline);
}

/* Whose question it is. */
static pid_t take_question(void)
{
    siginfo_t info;
    await_pending();
    assert_int_equal(sigwaitinfo(&hangup, &info), SIGHUP);
    return reload_asker(info.si_pid, info.si_code, info.si_value.sival_int);
}

/* A child that asks us, and ends with 0 where it was told that it is done. */
static pid_t start_asker(void)
{
    pid_t server = getpid(), asker = fork();
    assert_true(asker >= 0);
    if (asker == 0)
        _exit(reload_ask(server) == 0 ? 0 : 1);
    return asker;
}

static void assert_ended(pid_t child, int code)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
}

static void an_asker_hears_how_it_went(void **state)
{
    (void)state;
    static const enum reload_answer answers[] = {RELOAD_DONE, RELOAD_NOT, RELOAD_STOPPING};
    for (unsigned i = 0; i < 3; i++) {
        pid_t asker = start_asker();
        assert_int_equal(take_question(), asker);
        reload_answer(asker, answers[i], "so");
        assert_ended(asker, answers[i] == RELOAD_DONE ? 0 : 1);
        assert_false(is_pending());
    }
}

static void one_who_asks_again_is_answered_once(void **state)
{
    (void)state;
    pid_t asker = start_asker();
    assert_int_equal(take_question(), asker);
    await_pending();
    reload_answer(asker, RELOAD_DONE, "");
    assert_ended(asker, 0);
    assert_false(is_pending());
}

static void the_question_of_another_stays(void **state)
{
    (void)state;
    pid_t asker = start_asker();
    assert_int_equal(take_question(), asker);
    pid_t server = getpid(), other = fork();
    assert_true(other >= 0);
    if (other == 0)
        _exit(kill(server, SIGHUP) == 0 ? 0 : 1);
    assert_ended(other, 0);
    reload_answer(asker, RELOAD_DONE, "");
    assert_ended(asker, 0);
    assert_true(is_pending());
    assert_int_equal(take_question(), other);
    assert_false(is_pending());
}

static void the_question_of_another_stays_however_often_it_is_put_back(void **state)
{
    (void)state;
    pid_t asker = start_asker();
    assert_int_equal(take_question(), asker);
    pid_t third = start_asker();
    assert_int_equal(take_question(), third);
    pid_t other = start_asker();
    await_pending();
    reload_answer(asker, RELOAD_DONE, "");
    assert_ended(asker, 0);
    reload_answer(third, RELOAD_DONE, "");
    assert_ended(third, 0);
    assert_int_equal(take_question(), other);
    reload_answer(other, RELOAD_DONE, "");
    assert_ended(other, 0);
}

/* What it has changed since may not have been read. */
static void who_does_not_wait_for_an_answer_may_ask_twice(void **state)
{
    (void)state;
    assert_int_equal(kill(getpid(), SIGHUP), 0);
    assert_int_equal(take_question(), getpid());
    assert_int_equal(kill(getpid(), SIGHUP), 0);
    reload_answer(getpid(), RELOAD_DONE, "");
    assert_true(is_pending());
    take_question();
}

static void where_there_is_no_server_it_says_so(void **state)
{
    (void)state;
    assert_int_equal(reload_ask(0), -ESRCH);
    pid_t gone = fork();
    assert_true(gone >= 0);
    if (gone == 0)
        _exit(0);
    assert_ended(gone, 0);
    assert_int_equal(reload_ask(gone), -ESRCH);
}

int main(void)
{
#define row(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        row(an_asker_hears_how_it_went),
        row(one_who_asks_again_is_answered_once),
        row(the_question_of_another_stays),
        row(who_does_not_wait_for_an_answer_may_ask_twice),
        row(where_there_is_no_server_it_says_so),
        row(the_question_of_another_stays_however_often_it_is_put_back),
    };
    return cmocka_run_group_tests_name("reload_ask", tests, NULL, NULL);
}
