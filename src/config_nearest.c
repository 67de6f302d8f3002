/* Slips of the pen, counted by their letters. */
#include "config_nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be put in, left out, changed or swapped with their neighbour to make `a` of `b`,
 * ignoring case. */
static size_t edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 32 };
    unsigned char table[LONGEST + 1][LONGEST + 1];
    size_t rows = strlen(a), columns = strlen(b);
    if (rows > LONGEST || columns > LONGEST)
        return SIZE_MAX;
    for (size_t i = 0; i <= rows; i++) {
        for (size_t j = 0; j <= columns; j++) {
            size_t cost = i + j;
            if (i > 0 && j > 0) {
                bool differ = tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]);
                cost = smaller(table[i - 1][j] + 1u, table[i][j - 1] + 1u);
                cost = smaller(cost, table[i - 1][j - 1] + differ);
                if (differ && i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    cost = smaller(cost, table[i - 2][j - 2] + 1u);
            }
            table[i][j] = (unsigned char)cost;
        }
    }
    return table[rows][columns];
}

void config_nearest_try(struct config_nearest *nearest, const char *known)
{
    size_t longer = strlen(nearest->word) > strlen(known) ? strlen(nearest->word) : strlen(known);
    size_t distance = edit_distance(nearest->word, known);
    /* A slip in every third letter still looks like the word. */
    if ((distance != 1 && distance > longer / 3) || (nearest->best && distance >= nearest->distance))
        return;
    nearest->best = known;
    nearest->distance = distance;
}
