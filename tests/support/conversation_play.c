/* Plays a conversation: sends, reads every answer, has it checked. */
#include "conversation.h"

#include "client.h"
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum manner { MANNER_WHOLE, MANNER_BYTES, MANNER_SPLIT };

enum { SOCKET_TCP = 0, SOCKET_UNIX = 1, BYTEWISE_MAX = 3000 };

struct player {
    const struct conversation *conversation;
    struct conversation_view view;
    struct client *client;
    enum manner manner;
    size_t split, sent; /* bytes: where to split, how many have gone */
    bool refused;       /* the server has closed before all was sent */
    bool said_close, half_closed;
};

static char where[512];

const char *conversation_where(void)
{
    return *where ? where : NULL;
}

void conversation_forget(void)
{
    *where = 0;
}

static void note_where(const struct player *player, unsigned number)
{
    static const char *const manners[] = {"whole", "byte by byte", "in two pieces"};
    int n = snprintf(where, sizeof where, "%s:%u, %s", player->conversation->path, number,
                     manners[player->manner]);
    if (player->manner == MANNER_SPLIT)
        n +=
            snprintf(where + n, sizeof where - (size_t)n, " of which the first has %zu bytes", player->split);
    if (player->view.row)
        snprintf(where + n, sizeof where - (size_t)n, ", row \"%.200s\"", player->view.row);
}

static void send_piece(struct player *player, const char *data, size_t length)
{
    if (player->refused || length == 0)
        return;
    player->refused = !client_send(player->client, data, length);
    player->sent += length;
    if (player->manner != MANNER_WHOLE && !player->refused)
        client_await_read(player->client);
}

static void send_block(struct player *player, const char *data, size_t length)
{
    if (player->manner == MANNER_BYTES) {
        for (size_t i = 0; i < length; i++)
            send_piece(player, data + i, 1);
        return;
    }
    size_t first = 0;
    if (player->manner == MANNER_SPLIT && player->split > player->sent &&
        player->split < player->sent + length)
        first = player->split - player->sent;
    send_piece(player, data, first);
    send_piece(player, data + first, length - first);
}

static bool is_send(enum conversation_verb verb)
{
    return verb == VERB_SEND || verb == VERB_SEND_RAW;
}

/* The lines that are sent at one go, from `i` on, as bytes; *i moves behind them. */
static char *gather_block(const struct conversation_scene *scene, const char *row, unsigned *i,
                          size_t *length)
{
    char *block;
    FILE *out = open_memstream(&block, length);
    assert_non_null(out);
    for (; *i < scene->line_count && is_send(scene->lines[*i].verb); (*i)++) {
        size_t size;
        char *bytes = conversation_expand(scene->lines[*i].text, row, &size);
        fwrite(bytes, 1, size, out);
        if (scene->lines[*i].verb == VERB_SEND)
            fputs("\r\n", out);
        free(bytes);
    }
    assert_int_equal(fclose(out), 0);
    return block;
}

static bool is_about_reply(enum conversation_verb verb)
{
    return verb == VERB_FIELD || verb == VERB_ABSENT || verb == VERB_BODY;
}

/* One answer, held against the lines from `i` up to `end`. */
static void check_reply(struct player *player, const struct conversation_line *lines, unsigned i,
                        unsigned end, const char *status)
{
    bool head_only = false;
    for (unsigned k = i + 1; k < end; k++)
        head_only |= lines[k].verb == VERB_BODY && strncmp(lines[k].text, "head", 4) == 0;
    const struct reply *reply = client_receive(player->client, head_only);
    note_where(player, lines[i].number);
    conversation_note(reply);
    conversation_check_status(&player->view, status, reply);
    player->said_close = conversation_check_always(reply);
    while (++i < end) {
        note_where(player, lines[i].number);
        conversation_check_line(&player->view, &lines[i], reply);
    }
}

/* The answer or answers that the lines from `i` on tell of; *i moves behind them. */
static void expect_replies(struct player *player, const struct conversation_scene *scene, unsigned *i)
{
    unsigned end = *i + 1, times;
    int prefix = 0;
    const char *status = scene->lines[*i].text;
    while (end < scene->line_count && is_about_reply(scene->lines[end].verb))
        end++;
    if (sscanf(status, "%u times %n", &times, &prefix) < 1 || prefix == 0)
        times = 1;
    for (; times > 0; times--)
        check_reply(player, scene->lines, *i, end, status + prefix);
    *i = end;
}

static void expect_end(struct player *player, enum conversation_verb verb)
{
    if (verb == VERB_OPEN) {
        if (player->said_close)
            fail_msg("Connection: close, on a connection that is to stay open");
        client_expect_open(player->client);
        return;
    }
    client_expect_close(player->client);
    if (!player->said_close && !player->half_closed)
        fail_msg("the server closed without having said Connection: close");
}

static void play_line(struct player *player, const struct conversation_scene *scene, unsigned *i)
{
    const struct conversation_line *line = &scene->lines[*i];
    size_t length;
    switch (line->verb) {
    case VERB_SEND:
    case VERB_SEND_RAW: {
        char *block = gather_block(scene, player->view.row, i, &length);
        send_block(player, block, length);
        free(block);
        return;
    }
    case VERB_STATUS:
        expect_replies(player, scene, i);
        return;
    case VERB_PAUSE:
        client_await_read(player->client);
        break;
    case VERB_HALF_CLOSE:
        client_half_close(player->client);
        player->half_closed = true;
        break;
    case VERB_CLOSES:
    case VERB_OPEN:
        expect_end(player, line->verb);
        break;
    default:
        fail_msg("a line about an answer, but no status line above it");
    }
    ++*i;
}

/* Returns the bytes it sent. */
static size_t play_scene(struct player player, const struct conversation_scene *scene, struct server *server)
{
    conversation_note(NULL);
    player.client = client_connect(server, player.manner == MANNER_WHOLE ? SOCKET_TCP : SOCKET_UNIX);
    for (unsigned i = 0; i < scene->line_count;) {
        note_where(&player, scene->lines[i].number);
        play_line(&player, scene, &i);
    }
    client_close(player.client);
    return player.sent;
}

static void play_row(struct player player, const struct conversation_scene *scene, struct server *server)
{
    player.manner = MANNER_WHOLE;
    size_t bytes = play_scene(player, scene, server);
    if (scene->whole_only || bytes > BYTEWISE_MAX)
        return;
    player.manner = MANNER_BYTES;
    play_scene(player, scene, server);
    player.manner = MANNER_SPLIT;
    for (player.split = 1; scene->every_split && player.split < bytes; player.split++)
        play_scene(player, scene, server);
}

void conversation_play(const struct conversation *conversation, struct server *server, const char *root)
{
    struct player player = {.conversation = conversation, .view.root = root};
    for (const struct conversation_scene *scene = conversation->scenes; scene; scene = scene->next) {
        if (scene->row_count == 0)
            play_row(player, scene, server);
        for (unsigned i = 0; i < scene->row_count; i++) {
            player.view.row = scene->rows[i];
            play_row(player, scene, server);
        }
    }
    conversation_forget();
}
