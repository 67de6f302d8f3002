#ifndef HELLOD_TESTS_LOADING_H
#define HELLOD_TESTS_LOADING_H

#include "config.h"

#include "tree.h"

/* A configuration loaded by a test, with what was said of it. */
struct loading {
    int r; /* what config_load() returned */
    char *errors;
    struct config config;
};

struct loading loading_file(const char *path);

/* The text becomes hello.ini of the tree; the tree's path is left out of the errors. */
struct loading loading_text(struct tree *tree, const char *text, size_t length);

/* The same for a text that is right: anything else fails the test. */
struct loading loading_good(struct tree *tree, const char *text);

/* Cuts the tree's path and the slash behind it out of a text: it is another one each time. */
void loading_leave_out_root(char *text, const struct tree *tree);

void loading_free(struct loading *loading);

#endif
