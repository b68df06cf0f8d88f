/* Experiment files and --set texts that must be refused, with the line and words of the message. */
#ifndef RESLICE_TESTS_EXPERIMENT_MISTAKES_H
#define RESLICE_TESTS_EXPERIMENT_MISTAKES_H

#define HEAD "experiment: e\ntraining: {select: last}\nruns:\n" /* the first run is on line 4 */
#define TRAINING(x) "experiment: e\ntraining:\n  select: last\n  " x "\nruns: [{name: a}]\n"
#define RUN(x) HEAD "  - {name: a, " x "}\n"

/* clang-format off */
static const struct {
    const char *text;
    int line;
    const char *words[4];
} mistakes[] = {
    /* the file */
    {"", 1, {"empty"}},
    {"# only a comment\n", 1, {"empty"}},
    {"\x7f" "ELF\x02\x01\x01", 1, {"not YAML text"}},
    {"experiment: e\nruns: [{name: \xff}]\n", 2, {"not YAML text"}},
    {"experiment: e\nruns: [{name: a}\nx: 1\n", 3, {"not valid YAML", "','"}},
    {"experiment: e\n\truns: 1\n", 2, {"not valid YAML"}},
    {"experiment: e\nruns: *nope\n", 2, {"undefined alias"}},
    {"experiment: e\nruns: [{name: a}]\n---\nx: 1\n", 3, {"second YAML document"}},
    {"[[[[[[[[[[[[[[[[[[[[[[[[[", 1, {"nested deeper"}},
    {"just text\n", 1, {"not an experiment", "experiment: NAME"}},
    {"- a\n- b\n", 1, {"not an experiment"}},
    {"experiment: e\nexperiment: f\n", 2, {"'experiment'", "twice", "line 1"}},
    {"experiment: !!int 3\n", 1, {"tags are not allowed"}},
    {"experiment: \"a\\0b\"\n", 1, {"NUL"}},
    {"? [a, b]\n: c\n", 1, {"cannot be a key"}},
    {"experiment: e\n\"da\\nta\": 3\n", 2, {"unknown key 'da?ta'"}},
    /* top level */
    {"experiment: e\ndat: {name: a}\n", 2, {"unknown key 'dat'", "did you mean 'data'?", "runs"}},
    {"experiment: e\nsomething: 1\n", 2, {"unknown key 'something'", "allowed: experiment, data"}},
    {"experiment: e\npenalty: {name: l1}\n", 2, {"'penalty'", "belongs into a run"}},
    {"experiment: e\n", 1, {"'runs' is missing"}},
    {"runs: [{name: a}]\n", 1, {"'experiment' is missing"}},
    {"experiment: ../e\nruns: []\n", 1, {"experiment: value '../e'", "letters, digits"}},
    {"experiment: .e\nruns: []\n", 1, {"value '.e'", "not starting with"}},
    {"experiment: [e]\nruns: []\n", 1, {"experiment: value"}},
    {"experiment: e\nruns: []\n", 2, {"runs must be a list"}},
    {"experiment: e\nruns: {name: a}\n", 2, {"runs must be a list"}},
    {"experiment: e\ntraining: 3\n", 2, {"training must have keys"}},
    {"experiment: e\ndata:\nruns: [{name: a}]\n", 2, {"data must have keys"}},
    /* options of every type */
    {TRAINING("rte: 1"), 4, {"unknown option 'training.rte'", "did you mean 'training.rate'?",
                             "allowed in training: batch, shards"}},
    {TRAINING("alpha: 1"), 4, {"unknown option 'training.alpha'", "'penalty.alpha'"}},
    {TRAINING("rate: abc"), 4, {"training.rate: value 'abc'", "allowed: a number > 0 and <= 1000"}},
    {TRAINING("rate: 0"), 4, {"training.rate: value '0'", "> 0"}},
    {TRAINING("rate: 1e999"), 4, {"'1e999'"}},
    {TRAINING("rate: nan"), 4, {"'nan'"}},
    {TRAINING("rate: .inf"), 4, {"'.inf'"}},
    {TRAINING("rate: 0x10"), 4, {"'0x10'"}},
    {TRAINING("rate: 0.1x"), 4, {"'0.1x'"}},
    {TRAINING("rate:"), 4, {"training.rate: value ''"}},
    {TRAINING("rate: \"0.1\""), 4, {"training.rate", "in quotes"}},
    {TRAINING("rate: [0.1, 0.2]"), 4, {"training.rate", "list", "matrix"}},
    {TRAINING("rate: {a: 1}"), 4, {"training.rate", "mapping"}},
    {TRAINING("momentum: 1"), 4, {"training.momentum", ">= 0 and < 1"}},
    {TRAINING("batch: 64.0"), 4, {"training.batch: value '64.0'", "an integer from 1 to 65536"}},
    {TRAINING("batch: 0"), 4, {"training.batch: value '0'"}},
    {TRAINING("batch: 010"), 4, {"'010'"}},
    {TRAINING("batch: 99999999999999999999"), 4, {"'99999999999999999999'"}},
    {TRAINING("seed: -1"), 4, {"'-1'", "from 0 to 9007199254740992"}},
    {TRAINING("nesterov: yes"), 4, {"training.nesterov: value 'yes'", "true, false"}},
    {TRAINING("schedule: linear"), 4, {"'linear'", "constant, step, cosine, one-cycle"}},
    {TRAINING("optimizer: adam"), 4, {"'adam'", "allowed: sgd"}},
    {TRAINING("rate: \"a\\nb\\e[31m\\u00e9\""), 4, {"training.rate"}},
    {RUN("network: {hidden: 100}"), 4, {"network.hidden", "not a list", "[300, 100]"}},
    {RUN("network: {hidden: [100, 0]}"), 4, {"network.hidden", "[100, 0]", "1 to 32768"}},
    {RUN("network: {hidden: [1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8]}"), 4, {"at most 16"}},
    {RUN("network: {hidden: ['1, 2']}"), 4, {"network.hidden", "no integer"}},
    {RUN("network: {hidden: [[1]]}"), 4, {"network.hidden", "no integer"}},
    {RUN("data: {name: a/b}"), 4, {"data.name: value 'a/b'", "allowed: mnist, fashion-mnist"}},
    {RUN("data: {name: abcdefghijklmnopqrstuvwxyzabcdef}"), 4, {"data.name", "allowed: mnist"}},
    {RUN("fixed_point: {slice_bits: 3}"), 4, {"slice_bits: value '3'", "1, 2, 4, 8"}},
    {RUN("epochs: many"), 4, {"epochs: value 'many'", "0 to 100000"}},
    {RUN("penalty: {name: l2}"), 4, {"penalty.name: value 'l2'", "none, l1, bit-slice-l1"}},
    {RUN("penalty: l1"), 4, {"penalty must have keys"}},
    /* rules between options */
    {TRAINING("shards: 128"), 4, {"run 'a'", "training.shards 128", "training.batch 64"}},
    {RUN("training: {batch: 3}"), 4, {"training.shards 4", "training.batch 3"}},
    {RUN("fixed_point: {bits: 6, slice_bits: 4}"), 4, {"slice_bits 4", "fixed_point.bits 6"}},
    {RUN("fixed_point: {bits: 6}, crossbar: {cell_bits: 4}"), 4, {"cell_bits 4", "bits 6"}},
    {TRAINING("nesterov: true"), 4, {"nesterov", "training.momentum > 0"}},
    {"experiment: e\nruns:\n\n- {name: a}\n", 4, {"set data.validation", "training.select"}},
    {RUN("penalty: {name: l1}"), 4, {"penalty.name is l1", "penalty.alpha is missing"}},
    /* runs */
    {HEAD "  - a\n", 4, {"a run must have keys"}},
    {HEAD "  - {epochs: 3}\n", 4, {"'name' is missing"}},
    {HEAD "  - {name: a@b}\n", 4, {"name: value 'a@b'"}},
    {HEAD "  - {name: [a]}\n", 4, {"name: value"}},
    {HEAD "  - {name: a}\n  - {name: a}\n", 5, {"'a' is given twice", "line 4"}},
    {HEAD "  - {name: a, from: b}\n", 4, {"from: value 'b'", "first run"}},
    {HEAD "  - {name: a, from: a}\n", 4, {"from: value 'a'"}},
    {HEAD "  - {name: a}\n  - {name: b, from: c}\n  - {name: c}\n", 5, {"'c'", "allowed: a"}},
    {HEAD "  - {name: a, form: b}\n", 4, {"unknown key 'form' in a run", "name, from, epochs"}},
    {HEAD "  - {name: a, epoch: 3}\n", 4, {"unknown key 'epoch'", "did you mean 'epochs'?"}},
    {HEAD "  - {name: a, training.seed: 3}\n", 4, {"unknown key 'training.seed' in a run"}},
    {HEAD "  - {name: a}\n  - {name: b, from: a, network: {hidden: [5]}}\n", 5,
     {"run 'b' changes network.hidden of its parent 'a'", "[100]", "[5]"}},
    {HEAD "  - {name: a}\n  - {name: b, from: a, fixed_point: {quantise: false}}\n", 5,
     {"run 'b' changes fixed_point.quantise of its parent 'a'"}},
    /* matrix */
    {RUN("matrix: {}"), 4, {"matrix must have 1 to 4"}},
    {RUN("matrix: {training.batch: [9], training.seed: [1], training.rate: [1], epochs: [1],\n"
         "      crossbar.rows: [1]}"), 4, {"1 to 4"}},
    {RUN("matrix:\n    {training.sed: [1]}"), 5, {"'training.sed'", "'training.seed'"}},
    {RUN("matrix: {seed: [1]}"), 4, {"unknown option 'seed'", "did you mean 'training.seed'?",
                                     "allowed: data.*"}},
    {RUN("matrix: {training: [1]}"), 4, {"option 'training'", "allowed in training: batch"}},
    {RUN("matrix: {training.seed: 1}"), 4, {"training.seed must be a list"}},
    {RUN("matrix: {training.seed: []}"), 4, {"training.seed must be a list"}},
    {RUN("matrix: {training.seed: [1,\n    x]}"), 5, {"training.seed: value 'x'"}},
    {RUN("matrix: {training.rate: [1, 1.0]}"), 4, {"value '1' is given twice"}},
    {RUN("matrix: {data.name: [mnist], penalty.name: [none]}"), 4, {"data.name", "penalty.name",
                                                                "'name'"}},
    {RUN("matrix: {training.shards: [4, 65]}"), 4, {"training.shards 65"}},
    {HEAD "  - {name: a, matrix: {training.seed: [1, 2]}}\n"
          "  - {name: b, from: a, matrix: {training.seed: [2, 3]}}\n", 5,
     {"run 'b'", "training.seed", "'a'", "'3'"}},
    {HEAD "  - {name: a, matrix: {training.seed: [1, 2]}}\n"
          "  - {name: b, from: a, training: {seed: 2}}\n", 5,
     {"run 'b' sets training.seed", "parent 'a' varies"}},
    {HEAD "  - {name: a, matrix: {training.seed: [1], epochs: [1], training.rate: [1]}}\n"
          "  - {name: b, from: a, matrix: {training.batch: [8], crossbar.rows: [8]}}\n", 5,
     {"5 matrix axes", "at most 4"}},
    {HEAD "  - {name: a}\n  - {name: b, from: a, matrix: {fixed_point.bits: [8, 4]}}\n", 5,
     {"changes fixed_point.bits of its parent 'a' from 8 to 4"}},
};

/* Over RUN("matrix: {training.seed: [1]}"). */
static const struct {
    const char *set, *words[4];
} set_mistakes[] = {
    {"training.rate=abc", {"training.rate: value 'abc'", "a number > 0"}},
    {"training.rate", {"no value", "training.seed=2"}},
    {"=3", {"unknown option ''"}},
    {"", {"no value"}},
    {"training.rte=1", {"unknown option", "did you mean 'training.rate'?"}},
    {"rate=1", {"did you mean 'training.rate'?"}},
    {"training=1", {"allowed in training: batch"}},
    {"name=x", {"unknown option 'name'"}},
    {"network.hidden=[1,2", {"network.hidden: value '[1,2'"}},
    {"network.hidden=1,,2", {"network.hidden"}},
    {"network.hidden=1 2", {"network.hidden"}},
    {"network.hidden=", {"network.hidden"}},
    {"training.seed=1\n2", {"value '1?2'"}},
    {"training.seed=5", {"varied by the matrix of run 'a'"}},
    {"training.shards=99", {"run 'a'", "training.shards 99", "training.batch 64"}},
    {"prune.threshold=1", {"concerns no run", "prune.threshold > 0"}},
    {"penalty.alpha=1", {"concerns no run", "has a penalty"}},
    {"epochs=1", {"concerns no run", "epochs > 0"}},
    {"penalty.name=l1", {"run 'a'", "penalty.alpha is missing"}},
    {"training.select=\xC3\xA9\xC3=", {"value '\xC3\xA9?='"}},
};
/* clang-format on */

#endif
