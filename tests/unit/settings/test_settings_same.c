/* Settings of a file against those of a run: by values, whatever the program that wrote them knew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "settings/experiment.h"
#include "settings/settings_same.h"
#include "settings/settings_yaml.h"

static const char YAML[] = "experiment: e\n"
                           "data: {name: fashion-mnist, validation: 100}\n"
                           "network: {model: mlp, hidden: [30]}\n"
                           "training: {batch: 64, shards: 4, rate: 0.1, momentum: 0.5}\n"
                           "runs: [{name: a, epochs: 2, penalty: {name: l1, alpha: 2}}]\n";

static struct error err;

/* Without its line that starts so, as a program writes it that does not know the option. */
static void remove_line(char *text, const char *start)
{
    char *line = strstr(text, start);
    assert_non_null(line);
    char *next = strchr(line, '\n') + 1;
    memmove(line, next, strlen(next) + 1);
}

static void change(char *text, const char *from, const char *to)
{
    char *place = strstr(text, from);
    assert_non_null(place);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(place, to, strlen(to));
}

static void assert_says(const char *words)
{
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static void test_settings(void **state)
{
    (void)state;
    struct experiment experiment;
    assert_true(experiment_parse(&experiment, "t.yaml", YAML, strlen(YAML),
                                 (struct experiment_overrides){0}, &err));
    const struct settings *here = &experiment.runs[0].settings;
    char *text = settings_to_yaml(here);
    assert_true(settings_are_same("r.h5", "made", text, here, &err));
    remove_line(text, "  nesterov: false"); /* the default */
    assert_true(settings_are_same("r.h5", "made", text, here, &err));
    change(text, "rate: 0.1", "rate: .10"); /* the same number */
    assert_true(settings_are_same("r.h5", "made", text, here, &err));
    change(text, "rate: .10", "rate: 0.2");
    assert_false(settings_are_same("r.h5", "made", text, here, &err));
    assert_says("r.h5: was made with other settings ('rate: 0.2' there, 'rate: 0.1' now)");
    change(text, "rate: 0.2", "rate: 0.1");
    remove_line(text, "  momentum: 0.5"); /* not the default */
    assert_false(settings_are_same("r.h5", "begun", text, here, &err));
    assert_says("r.h5: was begun with other settings ('momentum: ");
    mem_free(text);
    assert_false(settings_are_same("r.h5", "made", "nonsense: 1\n", here, &err));
    assert_says("r.h5: was made with settings that this reslice does not take (");
    assert_says("nonsense");
    experiment_free(&experiment);
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_settings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
