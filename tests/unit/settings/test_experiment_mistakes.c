/* Mistakes in experiment files and --set: every message, and the line that it names. */
#define _POSIX_C_SOURCE 200809L
#include "unit/settings/experiment_texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "unit/settings/experiment_mistakes.h"

static void assert_message(const char *start, const char *const words[4])
{
    if (strncmp(parse_error.text, start, strlen(start)) != 0)
        fail_msg("'%s' does not start with '%s'", parse_error.text, start);
    for (int i = 0; i < 4 && words[i]; i++)
        if (!strstr(parse_error.text, words[i]))
            fail_msg("'%s' does not have '%s'", parse_error.text, words[i]);
    for (const char *c = parse_error.text; *c; c++)
        assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
}

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < mistake_count; i++) {
        struct experiment e;
        char start[40];
        if (parse_text(&e, mistakes[i].text, 0, NULL))
            fail_msg("accepted: %s", mistakes[i].text);
        snprintf(start, sizeof start, "t.yaml:%d: ", mistakes[i].line);
        assert_message(start, mistakes[i].words);
        assert_null(e.runs);
        assert_int_equal(mem_live_blocks(), 0);
    }
}

/* Constraints that would undo each other, on different layers. */
static void test_constraints_apart(void **state)
{
    (void)state;
    static const char *const good[] = {
        RUN("circulant: {block: [4, 0], gain: 4}, adc-limit: {bits: [9, 9, 9, 9, 3, 3, 3, 1]}, "
            "impose: {by: hard}"),
        RUN("ternary: {threshold: [0, 0.1]}, adc-limit: {bits: [3, 3, 3, 1, 9, 9, 9, 9]}"),
        RUN("grid: {bits: 2}, sparsity: {keep: 0.1}"),
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        struct experiment e = read_good(good[i], 0, NULL);
        assert_int_equal(e.run_count, 1);
        finish_experiment(&e);
    }
}

/* Options without effect in one run, but in another; values that ask for nothing; what a parent's matrix
 * gives; and the settings of a result file, whatever they are. */
static void test_effects_elsewhere(void **state)
{
    (void)state;
    static const char *const good[] = {
        "experiment: e\ntraining: {select: last, warmup: 0.2}\nruns:\n"
        "  - {name: a, training: {schedule: one-cycle}}\n  - {name: b}\n",
        RUN("matrix: {training.schedule: [constant, step]}, training: {step_epochs: 3}"),
        RUN("matrix: {penalty.name: [none, l1], penalty.alpha: [1, 2]}"),
        RUN("network: {model: lenet5, batch_norm: false, dropout_always: false}"),
        RUN("penalty: {name: none, alpha: 0}, sparsity: {keep: []}, training: {nesterov: false}"),
        HEAD "  - {name: a, penalty: {name: l1}, matrix: {penalty.alpha: [1, 2]}}\n"
             "  - {name: b, from: a, epochs: 3}\n",
        RUN("training: {rate: 0.5, schedule: step, step_epochs: 3}, epochs: 0"),
        HEAD "  - {name: a, fixed_point: {quantise: false}}\n  - {name: b}\n"
             "crossbar: {samples: 9}\n",
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        struct experiment e = read_good(good[i], 0, NULL);
        finish_experiment(&e);
    }
    static const char *const other[] = {"training.schedule=constant", "network.model=lenet5"};
    struct experiment changed = read_good(
        RUN("training: {schedule: step, step_epochs: 3}, network: {hidden: [30]}"), 2, other);
    finish_experiment(&changed);
    static const char recorded[] = "network:\n  model: mlp\n  depth: 8\nfixed_point:\n"
                                   "  quantise: false\ntraining:\n  select: last\n"
                                   "  warmup: 0.2\npenalty:\n  name: bit-slice-l1\n  alpha: 1";
    static const char *const set[] = {"crossbar.samples=3"};
    struct experiment e;
    assert_true(experiment_from_settings(&e, "a.h5", recorded, (struct experiment_overrides){0},
                                         &parse_error));
    assert_int_equal(e.runs[0].settings.network.depth, 8);
    assert_string_equal(e.runs[0].settings.penalty.name, "bit-slice-l1");
    finish_experiment(&e);
    assert_false(experiment_from_settings(
        &e, "a.h5", recorded, (struct experiment_overrides){1, set, NULL}, &parse_error));
    assert_message("--set crossbar.samples=3: ", (const char *const[4]){"has no effect"});
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_set_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < set_mistake_count; i++) {
        struct experiment e;
        char start[80];
        assert_false(parse_text(&e, RUN("matrix: {training.seed: [1]}"), 1, &set_mistakes[i].set));
        snprintf(start, sizeof start, "--set %s: ", set_mistakes[i].set);
        for (char *c = start; *c; c++)
            if (*c == '\n' || (c[0] == '\xC3' && c[1] == '='))
                *c = '?';
        assert_message(start, set_mistakes[i].words);
        assert_int_equal(mem_live_blocks(), 0);
    }
}

static void append(char *text, const char *format, int from, int to)
{
    for (int i = from; i <= to; i++)
        sprintf(text + strlen(text), format, i);
}

/* Sizes: too many runs, too many keys, names that fill every buffer. */
static void test_limits(void **state)
{
    (void)state;
    static char text[1 << 20];
    struct experiment e;
    strcpy(text, HEAD "  - {name: a, matrix: {training.seed: [0");
    append(text, ", %d", 1, 99);
    strcat(text, "], crossbar.rows: [1");
    append(text, ", %d", 2, 99);
    strcat(text, "]}}\n");
    assert_false(parse_text(&e, text, 0, NULL));
    assert_message("t.yaml:4: run 'a'", (const char *const[4]){"more than 4096 runs"});

    strcpy(text, HEAD "  - {name: a");
    append(text, ", k%d: 1", 1, 101);
    strcat(text, "}\n");
    assert_false(parse_text(&e, text, 0, NULL));
    assert_message("t.yaml:4: ", (const char *const[4]){"at most 100"});

    /* 127 characters are a name, but leave no room for that of a variant */
    strcpy(text, HEAD "  - {name: a");
    append(text, "%d", 100, 141);
    strcat(text, "}\n");
    e = read_good(text, 0, NULL);
    assert_int_equal(strlen(e.runs[0].name), 127);
    experiment_free(&e);
    strcpy(text + strlen(text) - 2, ", matrix: {crossbar.rows: [7]}}\n");
    assert_false(parse_text(&e, text, 0, NULL));
    assert_message("t.yaml:4: run 'a100", (const char *const[4]){"too long", "at most 127"});

    strcpy(text, HEAD "  - {name: ");
    append(text, "%d", 100000, 120000);
    strcat(text, "}\n");
    assert_false(parse_text(&e, text, 0, NULL));
    assert_message("t.yaml:4: name: value '100000", (const char *const[4]){"at most 127"});
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_files(void **state)
{
    (void)state;
    struct experiment e;
    const struct experiment_overrides none = {0};
    char folder[] = "/tmp/reslice-experiment-XXXXXX", path[80];
    assert_non_null(mkdtemp(folder));
    assert_false(experiment_load(&e, folder, none, &parse_error));
    assert_message(folder, (const char *const[4]){"cannot be read", "directory"});
    snprintf(path, sizeof path, "%s/e.yaml", folder);
    assert_false(experiment_load(&e, path, none, &parse_error));
    assert_message(path, (const char *const[4]){"cannot be read", "No such file"});

    FILE *stream = fopen(path, "wb");
    fputs(FULL_EXPERIMENT, stream);
    fclose(stream);
    assert_true(experiment_load(&e, path, none, &parse_error));
    assert_int_equal(e.run_count, 4);
    experiment_free(&e);

    stream = fopen(path, "wb");
    for (int i = 0; i <= 1 << 20; i++)
        fputc('#', stream);
    fclose(stream);
    assert_false(experiment_load(&e, path, none, &parse_error));
    assert_message(path, (const char *const[4]){"more than 1 MiB"});

    stream = fopen(path, "wb");
    fclose(stream);
    assert_false(experiment_load(&e, path, none, &parse_error));
    assert_message(path, (const char *const[4]){":1: ", "empty"});
    remove(path);
    remove(folder);
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_constraints_apart),
        cmocka_unit_test(test_effects_elsewhere),
        cmocka_unit_test(test_set_mistakes),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
