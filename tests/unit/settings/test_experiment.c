/* Experiment files: reading, the option table, the matrix and --set. */
#define _POSIX_C_SOURCE 200809L
#include "unit/settings/experiment_texts.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "settings/option_value.h"
#include "settings/settings_yaml.h"

/* The text of a value by path. */
static const char *value(const struct settings *settings, const char *path)
{
    static char text[4][OPTIONS_TEXT];
    static int turn;
    turn = (turn + 1) % 4;
    assert_true(option_find(path) >= 0);
    const struct option_entry *entry = &options_table[option_find(path)];
    const union option_value set = option_value_get(entry, settings);
    option_value_print(entry, &set, text[turn]);
    return text[turn];
}

static void test_full_example(void **state)
{
    (void)state;
    struct experiment e = read_good(FULL_EXPERIMENT, 0, NULL);
    assert_string_equal(e.name, "mnist-mlp");
    assert_int_equal(e.run_count, 4);
    static const char *const names[] = {"pretrain", "pruned", "l1", "bitslice"};
    for (int i = 0; i < 4; i++) {
        const struct settings *s = &e.runs[i].settings;
        assert_string_equal(e.runs[i].name, names[i]);
        assert_string_equal(e.runs[i].base, names[i]);
        assert_int_equal(e.runs[i].parent, i == 0 ? -1 : 0);
        assert_string_equal(s->data.name, "mnist");
        assert_int_equal(s->data.validation, 5000);
        assert_int_equal(s->network.hidden.count, 1);
        assert_int_equal(s->network.hidden.value[0], 100);
        assert_true(s->training.momentum == 0.5);
        assert_true(s->prune.threshold == (i == 0 ? 0 : 0.01));
    }
    assert_int_equal(e.runs[0].settings.epochs, 100);
    assert_int_equal(e.runs[1].settings.epochs, 0);
    assert_string_equal(e.runs[1].settings.penalty.name, "none");
    assert_string_equal(e.runs[3].settings.penalty.name, "bit-slice-l1");
    assert_true(e.runs[3].settings.penalty.alpha == 0.5);
    finish_experiment(&e);
}

static void test_defaults(void **state)
{
    (void)state;
    struct settings s;
    option_values_default(&s);
    for (size_t i = 0; i < options_count; i++)
        assert_string_equal(value(&s, options_table[i].path), options_table[i].standard);
    assert_int_equal(s.fixed_point.bits, 8);
    assert_true(s.fixed_point.quantise);
    assert_true(s.training.rate == 0.01);
    assert_int_equal(s.network.hidden.value[0], 100);

    struct experiment e =
        read_good("experiment: e\ndata: {validation: 9}\nruns: [{name: r}]\n", 0, NULL);
    s.data.validation = 9;
    assert_true(option_values_equal(&s, &e.runs[0].settings));
    finish_experiment(&e);
}

/* Sets `text` and reads it back; `expected` is the normal form. */
static void round_trip(const struct option_entry *entry, const char *text, const char *expected)
{
    struct settings_lists lists = {0};
    struct settings a, b;
    option_values_default(&a);
    option_values_default(&b);
    if (!option_value_set(entry, &a, text, &lists, &parse_error))
        fail_msg("%s", parse_error.text);
    assert_string_equal(value(&a, entry->path), expected);
    assert_true(option_value_set(entry, &b, value(&a, entry->path), &lists, &parse_error));
    assert_true(option_values_equal(&a, &b));
    settings_free_lists(&lists);
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_every_option_round_trip(void **state)
{
    (void)state;
    static const char *const reals[] = {"0.1", "0.25", "1e-05", "0.30000000000000004",
                                        "0.12345678901234566"};
    for (size_t i = 0; i < options_count; i++) {
        const struct option_entry *entry = &options_table[i];
        char text[64];
        if (entry->choices) {
            const char *last = strrchr(entry->choices, ' ');
            last = last ? last + 1 : entry->choices;
            round_trip(entry, last, last);
        } else if (entry->type == OPTION_INTEGER) {
            snprintf(text, sizeof text, "%.0f", entry->min);
            round_trip(entry, text, text);
            snprintf(text, sizeof text, "%.0f", entry->max);
            round_trip(entry, text, text);
        } else if (entry->type == OPTION_REAL) {
            for (size_t k = 0; k < COUNT(reals); k++)
                round_trip(entry, reals[k], reals[k]);
            round_trip(entry, "5E-1", "0.5");
        } else if (entry->type == OPTION_BOOLEAN) {
            round_trip(entry, "true", "true");
            round_trip(entry, "false", "false");
        }
    }
    const struct option_entry *hidden = &options_table[option_find("network.hidden")];
    round_trip(hidden, "[]", "[]");
    round_trip(hidden, "300,100", "[300, 100]");
    round_trip(hidden, "[ 1 , 32768 ]", "[1, 32768]");
    const char *longest = "[32768, 32768, 32768, 32768, 32768, 32768, 32768, 32768, 32768, 32768, "
                          "32768, 32768, 32768, 32768, 32768, 32768]";
    round_trip(hidden, longest, longest);
    const struct option_entry *keep = &options_table[option_find("sparsity.keep")];
    round_trip(keep, "[]", "[]");
    round_trip(keep, "0.5", "[0.5]");
    round_trip(keep, "[0.2,0, 1e-05]", "[0.2, 0, 1.0e-05]");
    char full[SETTINGS_REALS * 24] = "[0.12345678901234566";
    for (int i = 1; i < SETTINGS_REALS; i++)
        strcat(full, ", 0.12345678901234566");
    round_trip(keep, strcat(full, "]"), full);
    round_trip(&options_table[option_find("adc-limit.bits")], "3,3,3,1", "[3, 3, 3, 1]");
    round_trip(&options_table[option_find("adc.bits")], "3", "[3]");
    round_trip(&options_table[option_find("data.file")], "../d\xc3\xa9p/a-b_c.h5",
               "../d\xc3\xa9p/a-b_c.h5");
    round_trip(&options_table[option_find("data.name")], "fashion-mnist", "fashion-mnist");
    round_trip(&options_table[option_find("training.momentum")], "-0.0", "0");
}

static void test_settings_yaml(void **state)
{
    (void)state;
    static const char *const set[] = {"network.hidden=300,100,7", "training.rate=1e-05",
                                      "training.weight_decay=0.30000000000000004",
                                      "training.seed=9007199254740992"};
    struct experiment e = read_good(FULL_EXPERIMENT, COUNT(set), set);
    for (size_t i = 0; i < e.run_count; i++) {
        char *yaml = settings_to_yaml(&e.runs[i].settings);
        assert_non_null(strstr(yaml, "  rate: 1.0e-05\n"));
        assert_non_null(strstr(yaml, "\nepochs: "));
        struct experiment again;
        if (!experiment_from_settings(&again, "t.yaml", yaml, (struct experiment_overrides){0},
                                      &parse_error))
            fail_msg("%s", parse_error.text);
        assert_string_equal(again.name, "settings");
        assert_int_equal(again.run_count, 1);
        mem_free(yaml);
        assert_true(option_values_equal(&again.runs[0].settings, &e.runs[i].settings));
        experiment_free(&again);
    }
    finish_experiment(&e);
}

/* With shape and classes in the settings, the files of a data set may be elsewhere; what is written reads
 * back without them. */
static void test_own_data(void **state)
{
    (void)state;
    struct experiment e =
        read_good("experiment: e\ndata: {file: x, shape: [2, 5, 7], classes: 300}\n"
                  "training: {select: last}\nruns: [{name: r}]\n",
                  0, NULL);
    char *yaml = settings_to_yaml(&e.runs[0].settings);
    assert_non_null(strstr(yaml, "data:\n  file: x\n  shape: [2, 5, 7]\n  classes: 300\n"));
    assert_null(strstr(yaml, "name: mnist"));
    struct experiment again;
    assert_true(experiment_from_settings(&again, "t.yaml", yaml, (struct experiment_overrides){0},
                                         &parse_error));
    assert_true(option_values_equal(&again.runs[0].settings, &e.runs[0].settings));
    experiment_free(&again);
    mem_free(yaml);
    assert_false(experiment_from_settings(&again, "t.yaml", "data:\n  file: x\n",
                                          (struct experiment_overrides){0}, &parse_error));
    assert_non_null(strstr(parse_error.text, "data.shape"));
    finish_experiment(&e);
}

/* Axes over two generations: inherited whole, narrowed, and with an axis of its own. */
static void test_matrix(void **state)
{
    (void)state;
    struct experiment e =
        read_good("experiment: e\n"
                  "training: {select: last}\n"
                  "runs:\n"
                  "  - {name: a, epochs: 1, matrix: {training.seed: [1, 2, 3]}}\n"
                  "  - {name: b, from: a}\n"
                  "  - name: c\n"
                  "    from: b\n"
                  "    penalty: {name: l1}\n"
                  "    matrix: {penalty.alpha: [2.0, 5e-1], training.seed: [3, 1]}\n"
                  "  - {name: d, from: c, epochs: 2}\n",
                  0, NULL);
    static const struct {
        const char *name;
        int parent;
        int64_t seed;
        double alpha;
    } expected[] = {
        {"a@seed=1",           -1, 1, 0  },
        {"a@seed=2",           -1, 2, 0  },
        {"a@seed=3",           -1, 3, 0  },
        {"b@seed=1",           0,  1, 0  },
        {"b@seed=2",           1,  2, 0  },
        {"b@seed=3",           2,  3, 0  },
        {"c@alpha=2,seed=3",   5,  3, 2  },
        {"c@alpha=2,seed=1",   3,  1, 2  },
        {"c@alpha=0.5,seed=3", 5,  3, 0.5},
        {"c@alpha=0.5,seed=1", 3,  1, 0.5},
        {"d@alpha=2,seed=3",   6,  3, 2  },
        {"d@alpha=2,seed=1",   7,  1, 2  },
        {"d@alpha=0.5,seed=3", 8,  3, 0.5},
        {"d@alpha=0.5,seed=1", 9,  1, 0.5},
    };
    assert_int_equal(e.run_count, COUNT(expected));
    for (size_t i = 0; i < e.run_count; i++) {
        const struct experiment_run *run = &e.runs[i];
        assert_string_equal(run->name, expected[i].name);
        assert_int_equal(run->base[0], run->name[0]);
        assert_int_equal(strlen(run->base), 1);
        assert_int_equal(run->parent, expected[i].parent);
        assert_int_equal(run->settings.training.seed, expected[i].seed);
        assert_true(run->settings.penalty.alpha == expected[i].alpha);
    }
    finish_experiment(&e);
}

static void test_matrix_of_other_types(void **state)
{
    (void)state;
    struct experiment e = read_good(
        "experiment: e\n"
        "training: {select: last}\n"
        "runs:\n"
        "- name: a\n"
        "  matrix:\n"
        "    network.hidden: [[], [300, 100]]\n"
        "    fixed_point.quantise: [true, false]\n"
        "    training.schedule: [one-cycle]\n"
        "- {name: b, from: a, matrix: {fixed_point.quantise: [false], training.rate: [1.0e-3]}}\n",
        0, NULL);
    static const char *const names[] = {
        "a@hidden=none,quantise=true,schedule=one-cycle",
        "a@hidden=none,quantise=false,schedule=one-cycle",
        "a@hidden=300+100,quantise=true,schedule=one-cycle",
        "a@hidden=300+100,quantise=false,schedule=one-cycle",
        "b@hidden=none,quantise=false,rate=0.001,schedule=one-cycle",
        "b@hidden=300+100,quantise=false,rate=0.001,schedule=one-cycle",
    };
    assert_int_equal(e.run_count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(e.runs[i].name, names[i]);
    assert_int_equal(e.runs[4].parent, 1);
    assert_int_equal(e.runs[5].parent, 3);
    assert_int_equal(e.runs[5].settings.network.hidden.count, 2);
    finish_experiment(&e);
}

/* defaults < experiment < run < matrix < --set */
static void test_precedence(void **state)
{
    (void)state;
    static const char text[] =
        "experiment: e\n"
        "runs:\n" /* before the sections it starts from */
        "  - {name: a, epochs: 5, training: {rate: 0.3, batch: 20}, matrix: {training.batch: [30]}}"
        "\n"
        "  - {name: b, epochs: 0, prune: {threshold: 0.5}, penalty: {name: l1, alpha: 1}}\n"
        "training: {rate: 0.2, batch: 10, shards: 2, momentum: 0.25, select: last}\n";
    struct experiment e = read_good(text, 0, NULL);
    assert_int_equal(e.runs[0].settings.training.batch, 30);
    assert_int_equal(e.runs[1].settings.training.batch, 10);
    assert_int_equal(e.runs[1].settings.training.shards, 2);
    assert_int_equal(e.runs[1].settings.crossbar.rows, 128);
    assert_true(e.runs[0].settings.training.rate == 0.3);
    assert_true(e.runs[1].settings.training.rate == 0.2);
    experiment_free(&e);

    static const char *const set[] = {
        "training.rate=0.4", "training.rate=0.5",   "epochs=7",         "epochs=8",
        "penalty.alpha=3",   "prune.threshold=0.7", "training.shards=5"};
    e = read_good(text, COUNT(set), set);
    const struct settings *a = &e.runs[0].settings, *b = &e.runs[1].settings;
    assert_true(a->training.rate == 0.5 && b->training.rate == 0.5);
    assert_int_equal(a->training.shards, 5);
    assert_int_equal(a->epochs, 8);
    assert_int_equal(b->epochs, 0); /* does not train */
    assert_true(a->penalty.alpha == 0 && b->penalty.alpha == 3);
    assert_true(a->prune.threshold == 0 && b->prune.threshold == 0.7);
    experiment_free(&e);

    static const char *const penalty[] = {"penalty.alpha=4", "penalty.name=bit-slice-l1"};
    e = read_good(text, COUNT(penalty), penalty);
    assert_string_equal(e.runs[0].settings.penalty.name, "bit-slice-l1");
    assert_true(e.runs[0].settings.penalty.alpha == 4);
    finish_experiment(&e);
}

static void test_yaml_forms(void **state)
{
    (void)state;
    /* anchors, quoted text, comments, block style, one line for all, CRLF, byte order mark */
    struct experiment e = read_good("\xEF\xBB\xBF# first\r\nexperiment: \"e-1_x.y\"\r\n"
                                    "training:\r\n  select: 'last'\r\n  rate: .5\r\n"
                                    "runs:\r\n- &r {name: a, penalty: &p {name: l1, alpha: 0}}\r\n"
                                    "- {name: b, penalty: *p}\r\n",
                                    0, NULL);
    assert_string_equal(e.name, "e-1_x.y");
    assert_true(e.runs[1].settings.training.rate == 0.5);
    assert_string_equal(e.runs[1].settings.penalty.name, "l1");
    experiment_free(&e);
    e = read_good("{experiment: e, training: {select: last}, runs: [{name: a}]}", 0, NULL);
    finish_experiment(&e);
}

/* A mapping that is merged: its own keys win, then those of the earlier one, also over two steps. */
static void test_merge_keys(void **state)
{
    (void)state;
    static const char merged[] =
        "experiment: e\ntraining: &t {select: last, rate: 0.5}\nruns:\n"
        "- &a {name: a, epochs: 1, penalty: {name: l1, alpha: 3}}\n"
        "- &b {<<: *a, name: b, epochs: 2, prune: {threshold: 0.25}}\n"
        "- {name: c, <<: *b, training: {<<: [{rate: 0.75}, *t], batch: 20}}\n"
        "- {name: d, <<: [{epochs: 7}, *b]}\n";
    static const char plain[] =
        "experiment: e\ntraining: {select: last, rate: 0.5}\nruns:\n"
        "- {name: a, epochs: 1, penalty: {name: l1, alpha: 3}}\n"
        "- {name: b, epochs: 2, penalty: {name: l1, alpha: 3}, prune: {threshold: 0.25}}\n"
        "- {name: c, epochs: 2, penalty: {name: l1, alpha: 3}, prune: {threshold: 0.25},\n"
        "   training: {rate: 0.75, batch: 20}}\n"
        "- {name: d, epochs: 7, penalty: {name: l1, alpha: 3}, prune: {threshold: 0.25}}\n";
    struct experiment e = read_good(merged, 0, NULL), f = read_good(plain, 0, NULL);
    assert_int_equal(e.run_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(e.runs[i].name, f.runs[i].name);
        assert_true(option_values_equal(&e.runs[i].settings, &f.runs[i].settings));
    }
    experiment_free(&e);
    finish_experiment(&f);
}

/* Aliases that write more than memory holds are refused before they are followed. */
static void test_laughs(void **state)
{
    (void)state;
    static char text[1 << 20];
    struct experiment e;
    size_t used = (size_t)sprintf(text, "experiment: e\ntraining: {select: last}\nruns:\n"
                                        "- name: r\n  matrix: &m {training.seed: [0");
    for (int i = 1; i < 4000; i++)
        used += (size_t)sprintf(text + used, ", %d", i);
    used += (size_t)sprintf(text + used, "]}\n");
    for (int i = 0; i < 4000; i++)
        used += (size_t)sprintf(text + used, "- {name: r%d, matrix: *m}\n", i);
    assert_false(parse_text(&e, text, 0, NULL));
    assert_non_null(strstr(parse_error.text, "run 'r0' and its variants make more than 4096 runs"));

    used = (size_t)sprintf(text, "a0: &a0 {k0: 1");
    for (int i = 1; i < 100; i++)
        used += (size_t)sprintf(text + used, ", k%d: 1", i);
    used += (size_t)sprintf(text + used, "}\nb:\n");
    for (int i = 0; i < 40000; i++)
        used += (size_t)sprintf(text + used, "- {<<: *a0}\n");
    assert_false(parse_text(&e, text, 0, NULL));
    assert_non_null(strstr(parse_error.text, "'<<' merges more than 100000 keys"));

    used = (size_t)sprintf(text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++)
        used += (size_t)sprintf(text + used,
                                "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i,
                                i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    assert_false(parse_text(&e, text, 0, NULL));
    assert_non_null(strstr(parse_error.text, "t.yaml:1: unknown key 'a0'"));
    assert_int_equal(mem_live_blocks(), 0);
}

/* UTF-8 with a byte order mark right before the first key, and UTF-16 with its mark, both ways
 * round. */
static void test_encodings(void **state)
{
    (void)state;
    static const char plain[] = "experiment: e\ntraining: {select: last}\nruns: [{name: a}]\n";
    char text[3 * sizeof plain] = "\xEF\xBB\xBF";
    struct experiment e = read_good(strcat(text, plain), 0, NULL);
    assert_string_equal(e.name, "e");
    experiment_free(&e);
    for (int big = 0; big < 2; big++) {
        text[big] = '\xFF';
        text[1 - big] = '\xFE';
        for (size_t i = 0; i < sizeof plain - 1; i++) {
            text[2 + 2 * i + (size_t)big] = plain[i];
            text[2 + 2 * i + (size_t)(1 - big)] = '\0';
        }
        assert_true(experiment_parse(&e, "t.yaml", text, 2 * sizeof plain,
                                     (struct experiment_overrides){0}, &parse_error));
        assert_string_equal(e.runs[0].name, "a");
        experiment_free(&e);
        assert_false(experiment_parse(&e, "t.yaml", text + 2, 2 * sizeof plain - 2,
                                      (struct experiment_overrides){0}, &parse_error));
        assert_non_null(strstr(parse_error.text, "t.yaml:1: not YAML text: UTF-16 without"));
    }
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_example),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_option_round_trip),
        cmocka_unit_test(test_settings_yaml),
        cmocka_unit_test(test_own_data),
        cmocka_unit_test(test_matrix),
        cmocka_unit_test(test_matrix_of_other_types),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_yaml_forms),
        cmocka_unit_test(test_merge_keys),
        cmocka_unit_test(test_laughs),
        cmocka_unit_test(test_encodings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
