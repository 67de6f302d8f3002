/* Two memory files, mapped; see connection_table.h. */
#include "connection_table.h"

#include "connection_state.h"
#include "fd_limit.h"
#include "log.h"
#include "pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PLACES_A_PAGE = 64, SPARSE = 1000 };

static void unmap_table(struct connection_table *table)
{
    pages_unmap(table->connections, table->places * sizeof *table->connections);
    pages_unmap(table->peers, table->places * sizeof *table->peers);
    free(table->notes);
}

void connection_table_end(struct connection_table *table)
{
    if (table->places == 0)
        return;
    unmap_table(table);
    if (table->connections_fd >= 0)
        close(table->connections_fd);
    if (table->peers_fd >= 0)
        close(table->peers_fd);
    *table = (struct connection_table){.connections_fd = -1, .peers_fd = -1, .highest_fd = -1};
}

/* A memory file of that size; -1: there can be none. */
static int make_file(size_t size)
{
    int fd = memfd_create("hellod-connections", MFD_CLOEXEC);
    if (fd >= 0 && ftruncate(fd, (off_t)size) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* NULL where memory is short. */
static void *map(int fd, size_t size, int protection, int flags)
{
    if (fd < 0)
        return pages_map(size);
    void *memory = mmap(NULL, size, protection, MAP_SHARED | flags, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static int map_table(struct connection_table *table)
{
    static const int both = PROT_READ | PROT_WRITE;
    table->connections = map(table->connections_fd, table->places * sizeof *table->connections, both, 0);
    if (table->connections)
        table->peers = map(table->peers_fd, table->places * sizeof *table->peers, both, 0);
    if (table->peers)
        table->notes = calloc(table->places / 64 + 1, sizeof *table->notes);
    return table->notes ? 0 : -ENOMEM;
}

int connection_table_make(struct connection_table *ret, size_t places)
{
    *ret = (struct connection_table){
        .places = places,
        .connections_fd = make_file(places * sizeof *ret->connections),
        .peers_fd = make_file(places * sizeof *ret->peers),
    };
    int r = map_table(ret);
    if (r < 0)
        connection_table_end(ret);
    return r;
}

void connection_table_await(struct connection_table *ret, size_t places)
{
    *ret =
        (struct connection_table){.places = places, .connections_fd = -1, .peers_fd = -1, .highest_fd = -1};
}

/* From one to another place, both included. */
static int touch(struct connection_table *table, int from, int to)
{
    size_t count = (size_t)(to - from) + 1;
    int r = pages_touch(&table->connections[from], count * sizeof *table->connections);
    return r < 0 ? r : pages_touch(&table->peers[from], count * sizeof *table->peers);
}

/* The last place on the page of connections, or the table's last. */
static int last_on_page(const struct connection_table *table, int fd)
{
    int last = fd | (PLACES_A_PAGE - 1);
    return (size_t)last < table->places ? last : (int)table->places - 1;
}

/* A page of a memory file that can't be had is a SIGBUS for whoever touches it first. */
bool connection_table_make_room(struct connection_table *table, int fd)
{
    int highest = atomic_load_explicit(&table->highest_fd, memory_order_acquire);
    if (fd <= highest)
        return true;
    int last = last_on_page(table, fd);
    if (touch(table, highest + 1, last) < 0)
        return false;
    while (last > highest && !atomic_compare_exchange_weak(&table->highest_fd, &highest, last))
        ;
    return true;
}

struct connection *connection_table_next_waiting(const struct connection_table *table, int *fd)
{
    struct slot_seen seen;
    for (int highest = atomic_load(&table->highest_fd); *fd <= highest; ++*fd)
        if (slot_is_waiting(&table->connections[*fd].slot, &seen))
            return &table->connections[*fd];
    return NULL;
}

/*
 * A view of those that there may be, for reading only and present at once. Thousands are looked at while no
 * worker runs, few are touched; through the table itself each page would cost its fault now, and not when
 * somebody is served.
 */
static int open_view(const struct connection_table *table, struct connection_table *ret)
{
    size_t places = (size_t)table->highest_fd + 1;
    *ret = (struct connection_table){.places = places, .highest_fd = table->highest_fd};
    ret->connections = map(table->connections_fd, places * sizeof *ret->connections, PROT_READ, MAP_POPULATE);
    if (ret->connections)
        ret->peers = map(table->peers_fd, places * sizeof *ret->peers, PROT_READ, MAP_POPULATE);
    int r = ret->peers ? 0 : -ENOMEM;
    if (r < 0)
        unmap_table(ret);
    return r;
}

struct record {
    uint32_t connection_size, peer_size; /* in the files */
    uint64_t places;
    int32_t connections_fd, peers_fd; /* -1: of each connection there is a record */
    int32_t highest_fd;
    uint32_t records; /* that follow, of connections and their peers */
    char program[24]; /* the version that wrote it */
};

static bool lies_in_files(const struct connection_table *table)
{
    return table->connections_fd >= 0 && table->peers_fd >= 0;
}

static void put_record(const struct connection_table *table, int fd, struct record *record,
                       struct state *state)
{
    connection_put(&table->connections[fd], state);
    state_put(state, &table->peers[fd], sizeof table->peers[fd]);
    record->records++;
}

static void put_all(const struct connection_table *table, struct record *record, struct state *state)
{
    for (int fd = 0; connection_table_next_waiting(table, &fd); fd++)
        put_record(table, fd, record, state);
}

/* Thousands may be at rest, and not one of those is touched. */
static void put_unfinished(const struct connection_table *table, struct record *record, struct state *state)
{
    struct slot_seen seen;
    for (int first = 0; first <= record->highest_fd; first += 64) {
        uint64_t notes = atomic_load_explicit(&table->notes[first / 64], memory_order_relaxed);
        for (; notes != 0; notes &= notes - 1) {
            int fd = first + __builtin_ctzll(notes);
            const struct connection *connection = &table->connections[fd];
            if (connection->unfinished && slot_is_waiting(&connection->slot, &seen))
                put_record(table, fd, record, state);
        }
    }
}

void connection_table_put(const struct connection_table *table, struct state *state)
{
    struct record record = {
        .connection_size = sizeof *table->connections,
        .peer_size = sizeof *table->peers,
        .places = table->places,
        .connections_fd = -1,
        .peers_fd = -1,
        .highest_fd = table->highest_fd,
        .program = HELLOD_VERSION,
    };
    size_t at = state->length;
    bool in_files = lies_in_files(table);
    if (in_files) {
        record.connections_fd = table->connections_fd;
        record.peers_fd = table->peers_fd;
        state_keep_fd(state, table->connections_fd);
        state_keep_fd(state, table->peers_fd);
    }
    state_put(state, &record, sizeof record);
    if (in_files)
        put_unfinished(table, &record, state);
    else
        put_all(table, &record, state);
    state_amend(state, at, &record, sizeof record);
}

/* Makes a predecessor's file long enough for so many bytes. */
static int lengthen(int fd, size_t size)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EBADMSG;
    return st.st_size < (off_t)size && ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

/* The predecessor's files in place of its own. */
static int adopt(struct connection_table *table, const struct record *record)
{
    struct connection_table found = {
        .places = record->places > table->places ? record->places : table->places,
        .connections_fd = record->connections_fd,
        .peers_fd = record->peers_fd,
        .highest_fd = record->highest_fd,
    };
    if (record->connection_size != sizeof *found.connections || record->peer_size != sizeof *found.peers ||
        found.places > FD_LIMIT_MAX || record->highest_fd < 0 ||
        (uint64_t)record->highest_fd >= record->places)
        return -EBADMSG;
    int r = lengthen(found.connections_fd, found.places * sizeof *found.connections);
    if (r == 0)
        r = lengthen(found.peers_fd, found.places * sizeof *found.peers);
    if (r == 0)
        r = map_table(&found);
    if (r < 0) {
        unmap_table(&found);
        return r;
    }
    connection_table_end(table);
    *table = found;
    return 0;
}

static void count(struct connection_table_census *census, const struct peer *peer)
{
    census->connections++;
    census->from_elsewhere += !peer_is_here(peer);
}

static bool is_noted(const struct connection_table *table, int fd)
{
    return atomic_load(&table->notes[fd / 64]) & UINT64_C(1) << fd % 64;
}

/* Those that came with their memory and are sound stay; of others, whose record is still to come, so much is
 * left that they could be closed. Nobody may be beyond `places`. */
static int look_at_each(struct connection_table *table, size_t places, const struct connection_table *view,
                        struct connection_table_census *census, uint32_t *ret_records)
{
    const struct connection *connection;
    int r = 0, last = 0;
    *census = (struct connection_table_census){0};
    for (int fd = 0; (connection = connection_table_next_waiting(view, &fd)); last = fd++) {
        bool sound = connection->fd == fd && (size_t)fd < places && view->peers[fd].family <= PEER_IPV6 &&
                     connection_is_sound(connection);
        if (!sound) {
            memset(&table->connections[fd], 0, sizeof *table->connections);
            r = -EBADMSG;
            continue;
        }
        count(census, &view->peers[fd]);
        *ret_records += connection->unfinished != NULL;
        if (connection->unfinished && !is_noted(table, fd))
            table->connections[fd].unfinished = NULL;
    }
    last = last > 0 ? last_on_page(table, last) : 0;
    table->highest_fd = last < view->highest_fd ? last : view->highest_fd; /* no more than was there */
    return r;
}

/* Gives back what of a file lies behind that. Where it can't it is kept. */
static void give_back(int fd, size_t used, size_t size)
{
    if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)used, (off_t)(size - used)) < 0)
        log_debug("A table of connections stays as large as it was: %s", strerror(errno));
}

/* Nobody is there any more; those whose records came have something of ours. */
static void forget_all(struct connection_table *table, size_t places)
{
    for (int fd = 0; (size_t)fd < table->places; fd++)
        if (is_noted(table, fd))
            unfinished_free(table->connections[fd].unfinished);
    connection_table_end(table);
    connection_table_await(table, places);
}

/* Gives back as well what nobody needs any more. Where nobody can be looked at, nobody is there. */
static int look_through(struct connection_table *table, size_t places, struct connection_table_census *census,
                        uint32_t *ret_records)
{
    struct connection_table view;
    int r = open_view(table, &view);
    if (r < 0) {
        forget_all(table, places);
        return r;
    }
    r = look_at_each(table, places, &view, census, ret_records);
    size_t used = (size_t)table->highest_fd + 1;
    if (table->highest_fd < view.highest_fd) {
        give_back(table->connections_fd, used * sizeof *table->connections,
                  table->places * sizeof *table->connections);
        give_back(table->peers_fd, used * sizeof *table->peers, table->places * sizeof *table->peers);
    }
    unmap_table(&view);
    return r;
}

/*
 * What a program of this version has left is as sound as our own memory, and thousands of clients wait
 * meanwhile. But for those that were many once and are few now: their memory is to be given back.
 */
static bool is_relied_on(const struct record *record, size_t places, unsigned connections)
{
    return strncmp(record->program, HELLOD_VERSION, sizeof record->program) == 0 &&
           (size_t)record->highest_fd < places &&
           (size_t)record->highest_fd <= SPARSE + 2 * (size_t)connections;
}

/* `came`: all that waits has come with its memory, and the record is of what that couldn't bring along. */
static int get_record(struct connection_table *table, bool came, struct connection_table_census *census,
                      struct state *state)
{
    struct connection connection;
    struct peer peer;
    struct slot_seen seen;
    int r = connection_get(&connection, state);
    if (r < 0)
        return r;
    bool fits = (size_t)connection.fd < table->places && connection_table_make_room(table, connection.fd);
    struct connection *place = fits ? &table->connections[connection.fd] : NULL;
    if (state_get(state, &peer, sizeof peer) < 0 || peer.family > PEER_IPV6 || !fits ||
        is_noted(table, connection.fd) || slot_is_waiting(&place->slot, &seen) != came ||
        (came && !connection.unfinished)) {
        connection_close(&connection);
        return -EBADMSG;
    }
    memcpy(place, &connection, sizeof connection);
    connection_table_note(table, place);
    if (came)
        return 0;
    table->peers[connection.fd] = peer;
    count(census, &peer);
    return 0;
}

/* What the memory files bring along. */
static int get_files(struct connection_table *table, const struct record *record,
                     struct connection_table_census *census, bool *ret_relied_on)
{
    size_t places = table->places;
    uint32_t unfinished = 0;
    int r = adopt(table, record);
    *ret_relied_on = r == 0 && is_relied_on(record, places, census->connections);
    if (r < 0 || *ret_relied_on)
        return r;
    r = look_through(table, places, census, &unfinished);
    return r == 0 && unfinished != record->records ? -EBADMSG : r;
}

int connection_table_get(struct connection_table *table, struct state *state,
                         struct connection_table_census *census)
{
    struct record record = {0};
    bool relied_on = false;
    int r = state_get(state, &record, sizeof record);
    if (r < 0)
        return r;
    bool came = record.connections_fd >= 0 && record.peers_fd >= 0;
    if (came)
        r = get_files(table, &record, census, &relied_on);
    else
        *census = (struct connection_table_census){0};
    if (r == 0 && !table->connections)
        r = connection_table_make(table, table->places);
    for (uint32_t i = 0; r == 0 && i < record.records; i++)
        r = get_record(table, came, census, state);
    /* Nobody goes on, and none may be closed with what only its predecessor had. */
    if (r < 0 && relied_on)
        (void)look_through(table, table->places, census, &(uint32_t){0});
    return r;
}
