/* Rules, looked up by going through all of them in their order: there are few, and the order means something.
 */
#include "rules.h"

#include "http/pattern.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct str name_of(struct str field)
{
    const char *colon = memchr(field.data, ':', field.length);
    assert(colon);
    return (struct str){field.data, (size_t)(colon - field.data)};
}

/* Takes a field out of the first `count` that are there, and closes the gap. Returns how many went. */
static size_t drop_field(struct policy *policy, size_t count, struct str name)
{
    size_t kept = 0;
    for (size_t i = 0; i < policy->field_count; i++)
        if (i >= count || !str_equal_ignoring_case(name_of(policy->fields[i]), name))
            policy->fields[kept++] = policy->fields[i];
    size_t dropped = policy->field_count - kept;
    policy->field_count = kept;
    return dropped;
}

static void apply_fields(struct policy *policy, const struct path_rule *rule)
{
    size_t before = policy->field_count;
    for (size_t i = 0; i < rule->field_count; i++) {
        struct str field = str_of(rule->fields[i]), name = name_of(field);
        before -= drop_field(policy, before, name);
        if (field.length == name.length + 1)
            continue;
        assert(policy->field_count < RULES_FIELDS_MAX);
        policy->fields[policy->field_count++] = field;
    }
}

static void apply(struct policy *policy, const struct path_rule *rule)
{
    if (rule->listing != RULE_UNSAID)
        policy->listing = rule->listing == RULE_ON;
    if (rule->precompressed != RULE_UNSAID)
        policy->precompressed = rule->precompressed == RULE_ON;
    if (rule->fallback)
        policy->fallback = *rule->fallback ? rule->fallback : NULL;
    if (rule->cache_control)
        policy->cache_control = str_of(rule->cache_control);
    apply_fields(policy, rule);
}

void rules_find(const struct rules *rules, struct str path, struct str file, struct policy *ret)
{
    ret->listing = rules->listing;
    ret->precompressed = rules->precompressed;
    ret->fallback = rules->fallback;
    ret->cache_control = (struct str){NULL, 0};
    ret->field_count = 0;
    for (size_t i = 0; i < rules->path_count; i++) {
        struct str pattern = str_of(rules->paths[i].pattern);
        if (pattern_match(pattern, path) || (file.length > 0 && pattern_match(pattern, file)))
            apply(ret, &rules->paths[i]);
    }
}

const struct redirect_rule *rules_redirect(const struct rules *rules, struct str path, struct str *ret_star)
{
    for (size_t i = 0; i < rules->redirect_count; i++)
        if (pattern_match_one(str_of(rules->redirects[i].pattern), path, ret_star))
            return &rules->redirects[i];
    return NULL;
}

const char *rules_error_page(const struct rules *rules, unsigned status)
{
    for (size_t i = 0; i < rules->error_count; i++)
        if (rules->errors[i].status == status)
            return rules->errors[i].file;
    return status == 404 ? "404.html" : NULL;
}

void rules_free(struct rules *rules)
{
    for (size_t i = 0; i < rules->path_count; i++) {
        struct path_rule *rule = &rules->paths[i];
        for (size_t k = 0; k < rule->field_count; k++)
            free(rule->fields[k]);
        free(rule->fields);
        free(rule->pattern);
        free(rule->cache_control);
        free(rule->fallback);
    }
    for (size_t i = 0; i < rules->redirect_count; i++) {
        free(rules->redirects[i].pattern);
        free(rules->redirects[i].location);
    }
    for (size_t i = 0; i < rules->error_count; i++)
        free(rules->errors[i].file);
    free(rules->paths);
    free(rules->redirects);
    free(rules->errors);
    free(rules->fallback);
    *rules = (struct rules){0};
}
