/* Reports from small result files made here; every expected number was worked out by hand. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/comm.h"
#include "base/mem.h"
#include "run/commands.h"
#include "run/report.h"
#include "report_files.h"
#include "report_output.h"

/* ---- numbers ---- */

static void test_one_run(void **state)
{
    (void)state;
    report((struct request){{write_sample(BITSLICE)}, TABLE_CSV});
    ASSERT_CSV("accuracy", 0, "run", "bitslice");
    ASSERT_CSV("accuracy", 0, "selected by", "validation");
    ASSERT_CSV("accuracy", 0, "test accuracy (%)", "97.50");
    ASSERT_CSV("accuracy", 0, "test accuracy std (%)", "");
    ASSERT_CSV("accuracy", 0, "B3 (%)", "10.00");
    ASSERT_CSV("accuracy", 0, "B0 (%)", "40.00");
    ASSERT_CSV("accuracy", 0, "slice mean (%)", "25.00");
    ASSERT_CSV("accuracy", 0, "slice std (%)", "11.18"); /* sqrt((15^2 + 5^2 + 5^2 + 15^2) / 4) */
    ASSERT_CSV("accuracy", 0, "parent", "pretrain");
    ASSERT_CSV("accuracy", 0, "epoch kept", "42");
    assert_null(csv("accuracy", 1, "run"));
    assert_prints_not("biased");
}

static void test_adc_bits(void **state)
{
    (void)state;
    report((struct request){{write_sample(BITSLICE)}, TABLE_CSV});
    static const char *const definitions[] = {"static", "observed", "99.99 %", "99.9 %"};
    static const char *const bits[][4] = {
        {"1", "3", "3", "3"},
        {"0", "0", "0", "0"},
        {"0", "2", "2", "2"},
        {"0", "1", "1", "1"}
    };
    static const char *const clipped[] = {"0.0000", "0.0000", "0.0070", "0.0500"};
    for (int d = 0; d < DEFINITIONS; d++) {
        ASSERT_CSV("adc_bits", d, "definition", definitions[d]);
        ASSERT_CSV("adc_bits", d, "B3 (bit)", bits[d][0]);
        ASSERT_CSV("adc_bits", d, "B2 (bit)", bits[d][1]);
        ASSERT_CSV("adc_bits", d, "B1 (bit)", bits[d][2]);
        ASSERT_CSV("adc_bits", d, "B0 (bit)", bits[d][3]);
        ASSERT_CSV("adc_bits", d, "clipped (%)", clipped[d]);
    }
    for (int row = 0; row <= 4; row += 4) { /* static here, and the paper's row: 1 3 3 3 */
        ASSERT_CSV("adc_bits", row, "saberi-power energy (x)", "16.25"); /* 4*28.444/(1 + 3*2) */
        ASSERT_CSV("adc_bits", row, "isaac energy (x)", "3.40"); /* 4*1.66672/(0.19574 + 1.76418) */
        ASSERT_CSV("adc_bits", row, "isaac area (x)", "5.50");   /* 4*1200.016/(85.997 + 786.774) */
        ASSERT_CSV("adc_bits", row, "sensing time (x)", "3.20"); /* 32/10 */
    }
    ASSERT_CSV("adc_bits", 1, "isaac energy (x)", ""); /* no ADC at all */
    ASSERT_CSV("adc_bits", 4, "run", "paper (1,3,3,3)");
    ASSERT_CSV("adc_bits", 4, "clipped (%)", "");
    assert_null(csv("adc_bits", 5, "run"));
}

static void test_cost(void **state)
{
    (void)state;
    report((struct request){{write_sample(BITSLICE)}, TABLE_CSV});
    ASSERT_CSV("adc_cost", 0, "model", "published");
    ASSERT_CSV("adc_cost", 0, "1 bit (x)", "28.440");
    ASSERT_CSV("adc_cost", 0, "2 bits (x)", "");
    ASSERT_CSV("adc_cost", 0, "3 bits (x)", "14.220");
    ASSERT_CSV("adc_cost", 1, "3 bits (x)", "2.667");
    ASSERT_CSV("adc_cost", 3, "model", "saberi-power");
    ASSERT_CSV("adc_cost", 3, "1 bit (x)", "28.444");        /* (256/9)/(2/2) */
    ASSERT_CSV("adc_cost", 3, "3 bits (x)", "14.222");       /* (256/9)/(8/4) */
    ASSERT_CSV("adc_cost", 3, "1,3,3,3 bits (x)", "16.254"); /* 4*28.444/(1 + 3*2) */
    ASSERT_CSV("adc_cost", 4, "quantity", "sensing time");
    ASSERT_CSV("adc_cost", 4, "1 bit (x)", "8.000");
    ASSERT_CSV("adc_cost", 5, "model", "isaac");
    ASSERT_CSV("adc_cost", 5, "unit", "pJ");
    ASSERT_CSV("adc_cost", 5, "at 8 bits", "1.667");
    ASSERT_CSV("adc_cost", 5, "1 bit (x)", "8.515");  /* 1.66672/0.19574 */
    ASSERT_CSV("adc_cost", 7, "3 bits (x)", "4.576"); /* 1200.016/262.258 */
    assert_prints("newton");
    report((struct request){{path_of("bitslice.h5")}, TABLE_TEXT});
    assert_prints("2.834*"); /* isaac at 3 bits; 4 bits are inside the fit */
    assert_prints("2.120 ");
}

static void test_crossbars(void **state)
{
    (void)state;
    report((struct request){{write_sample(BITSLICE)}, TABLE_CSV});
    ASSERT_CSV("crossbars", 0, "layer", "fc1");
    ASSERT_CSV("crossbars", 0, "arrays", "16");
    ASSERT_CSV("crossbars", 0, "utilisation (%)", "61.04");    /* 200*100/(2*128*128) */
    ASSERT_CSV("crossbars", 0, "B3 zero columns (%)", "7.50"); /* 30/(2*100*2) */
    ASSERT_CSV("crossbars", 0, "B2 zero columns (%)", "0.00");
    ASSERT_CSV("crossbars", 1, "utilisation (%)", "6.10"); /* 100*10/(128*128) */
    ASSERT_CSV("crossbars", 2, "layer", "all");
    ASSERT_CSV("crossbars", 2, "arrays", "24");
    ASSERT_CSV("crossbars", 2, "utilisation (%)", "42.72");    /* 21000/(3*128*128) */
    ASSERT_CSV("crossbars", 2, "B3 zero columns (%)", "7.14"); /* 30/(400 + 20) */
}

static void test_seeds(void **state)
{
    (void)state;
    struct request request = {
        {write_seed("s1.h5", 1, 0.97, 100), write_sample(BITSLICE),
         write_seed("s2.h5", 2, 0.98, 120), write_seed("s3.h5", 3, 0.99, 140)},
        TABLE_CSV
    };
    report(request);
    ASSERT_CSV("accuracy", 0, "run", "bitslice@alpha=2");
    ASSERT_CSV("accuracy", 0, "selected by", "test + sparsity");
    ASSERT_CSV("accuracy", 0, "seeds", "3");
    ASSERT_CSV("accuracy", 0, "test accuracy (%)", "98.00");
    ASSERT_CSV("accuracy", 0, "test accuracy std (%)", "1.00"); /* sqrt((1 + 0 + 1) / 2) */
    ASSERT_CSV("accuracy", 0, "B3 (%)", "12.00");
    ASSERT_CSV("accuracy", 0, "B3 std (%)", "2.00");
    ASSERT_CSV("accuracy", 0, "B2 std (%)", "0.00");
    ASSERT_CSV("accuracy", 0, "slice mean (%)", "25.50"); /* 25, 25.5, 26 */
    ASSERT_CSV("accuracy", 0, "slice mean std (%)", "0.50");
    ASSERT_CSV("accuracy", 0, "parent", "pretrain");
    ASSERT_CSV("accuracy", 0, "epoch kept", "42.0");
    ASSERT_CSV("accuracy", 1, "run", "bitslice");
    assert_null(csv("accuracy", 2, "run"));
    ASSERT_CSV("crossbars", 0, "B3 zero columns (%)", "10.00"); /* 30, 40, 50 of 400 */
    ASSERT_CSV("crossbars", 0, "B3 zero columns std (%)", "2.50");
    assert_prints("biased");

    request.file[1] = request.file[0]; /* the same seed again is another row */
    report(request);
    ASSERT_CSV("accuracy", 0, "seeds", "3");
    ASSERT_CSV("accuracy", 1, "run", "bitslice@alpha=2,seed=1");
    request.format = TABLE_TEXT;
    report(request);
    assert_prints("98.00±1.00");
}

static void test_bits_over_seeds(void **state)
{
    (void)state;
    struct sample dense = BITSLICE;
    dense.file = "dense.h5";
    dense.run = "bitslice@seed=2";
    dense.seed = 2;
    dense.is_dense = true;
    struct sample sparse = BITSLICE;
    sparse.run = "bitslice@seed=1";
    report((struct request){
        {write_sample(sparse), write_sample(dense)},
        TABLE_CSV
    });
    ASSERT_CSV("adc_bits", 0, "run", "bitslice");
    ASSERT_CSV("adc_bits", 0, "B3 (bit)", "9");
    ASSERT_CSV("adc_bits", 2, "clipped (%)", "0.0010"); /* at 9 bits, of either seed */
    ASSERT_CSV("adc_bits", 0, "sensing time (x)", "0.89");
}

static void test_experiments_and_float(void **state)
{
    (void)state;
    struct sample other = BITSLICE, plain = BITSLICE;
    other.file = "other.h5";
    other.experiment = "cifar";
    plain.file = "float.h5";
    plain.run = plain.base = "float";
    plain.parent = "";
    plain.quantise = 0;
    const struct request request = {
        {write_sample(BITSLICE), write_sample(other), write_sample(plain)},
        TABLE_CSV
    };
    report(request);
    ASSERT_CSV("accuracy", 0, "run", "mnist_mlp/bitslice");
    ASSERT_CSV("accuracy", 1, "run", "mnist_mlp/float");
    ASSERT_CSV("accuracy", 1, "B3 (%)", "");
    ASSERT_CSV("accuracy", 1, "slice mean (%)", "");
    ASSERT_CSV("accuracy", 1, "parent", "");
    ASSERT_CSV("accuracy", 2, "run", "cifar/bitslice");
    ASSERT_CSV("adc_bits", 4, "run", "cifar/bitslice"); /* no rows for the float run */
    ASSERT_CSV("adc_bits", 8, "run", "paper (1,3,3,3)");
    report((struct request){{path_of("float.h5")}, TABLE_TEXT});
    assert_prints("–");
    assert_prints_not("Crossbars");
}

static void test_numbers_of_slices(void **state)
{
    (void)state;
    struct sample two = BITSLICE;
    two.file = "two.h5";
    two.slices = 2;
    two.is_dense = true;
    report((struct request){
        {write_sample(BITSLICE), write_sample(two)},
        TABLE_CSV
    });
    ASSERT_CSV("accuracy_4_slices", 0, "B3 (%)", "10.00");
    ASSERT_CSV("accuracy_2_slices", 0, "B1 (%)", "30.00");
    ASSERT_CSV("accuracy_2_slices", 0, "slice mean (%)", "35.00");
    ASSERT_CSV("adc_bits_2_slices", 3, "B1 (bit)", "9");
    assert_null(csv("adc_bits_2_slices", 4, "run")); /* the paper has four slices */
    ASSERT_CSV("crossbars_2_slices", 0, "arrays", "8");
}

/* ---- formats ---- */

/* Characters of UTF-8 text. */
static size_t width_of(const char *line)
{
    size_t width = 0;
    for (; *line; line++)
        width += ((unsigned char)*line & 0xC0) != 0x80;
    return width;
}

static void test_text(void **state)
{
    (void)state;
    report((struct request){{write_sample(BITSLICE)}, TABLE_TEXT});
    assert_prints("Accuracy and non-zero slices\n");
    assert_prints("Crossbars\n");
    for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(width_of(line) <= 120 && line[strlen(line) - 1] != ' ');
}

static void test_json(void **state)
{
    (void)state;
    report((struct request){{write_sample(BITSLICE)}, TABLE_JSON});
    assert_prints("{\"table\": \"accuracy\", \"title\": \"Accuracy and non-zero slices\",\n");
    assert_prints("{\"name\": \"B3\", \"unit\": \"bit\"}");
    assert_prints("[\"published\", \"energy\", null, \"\", 28.440, null, 14.220, null");
    assert_prints("\"std\": null}");
}

/* What stands in a name must not become part of the page. */
static void test_html(void **state)
{
    (void)state;
    struct sample other = BITSLICE;
    other.file = "other.h5";
    other.experiment = "<b>&\"'";
    report((struct request){
        {write_sample(BITSLICE), write_sample(other)},
        TABLE_HTML
    });
    assert_prints("<h2>Accuracy and non-zero slices</h2>");
    assert_prints("<tr><td>&lt;b&gt;&amp;&quot;&#39;/bitslice</td>");
    assert_prints("<th scope=\"col\" class=\"number\">B3 <span class=\"unit\">bit</span></th>");
    assert_prints("<td class=\"number\">97.50</td>");
    assert_null(strstr(output, "<b>"));
}

static void test_markdown(void **state)
{
    (void)state;
    report((struct request){{write_sample(BITSLICE)}, TABLE_MARKDOWN});
    assert_prints("### Accuracy and non-zero slices\n\n| run |");
    assert_prints("|---|---|---:|");
    int pipes = 0, tables = 0;
    for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n")) {
        int here = 0;
        for (const char *c = line; *c; c++)
            here += *c == '|' && (c == line || c[-1] != '\\');
        if (line[0] != '|')
            here = 0;
        else if (pipes == 0)
            tables++;
        else
            assert_int_equal(here, pipes);
        pipes = here;
    }
    assert_int_equal(tables, 5);
}

static void test_latex(void **state)
{
    (void)state;
    struct sample other = BITSLICE;
    other.file = "other.h5";
    other.experiment = "cifar";
    report((struct request){
        {write_sample(BITSLICE), write_sample(other)},
        TABLE_LATEX
    });
    assert_prints("\\caption{Accuracy and non-zero slices}");
    assert_prints("\\begin{tabular}{llrrrrrrrrlr}");
    assert_prints("mnist\\_mlp/bitslice & validation & 1 & 97.50 & 10.00 &");
    assert_prints("test accuracy (\\%)");
    assert_prints("99.99 \\%");
    assert_prints("2\\textasciicircum{}N/(N+1)");
    for (const char *c = output; *c; c++) /* the & between cells are ours */
        if (strchr("%_#$", *c) && c[-1] != '\\' && strncmp(c, "$\\pm$", 5) != 0)
            fail_msg("'%c' is not escaped: %.40s", *c, c);
}

static void test_table(void **state)
{
    (void)state;
    struct table *table = table_create("t", "T");
    table_column(table, TABLE_WORDS, "näme", NULL);
    table_column(table, TABLE_SPREAD, "long name", "µs");
    table_words(table, "a,\"b\"\n|");
    table_spread(table, 1, 10, 0.25);
    table_words(table, "é");
    table_number(table, 1, 1);
    table_mark(table, "*");
    char text[512] = "";
    static const char *const expected[TABLE_FORMATS] = {
        "T\n\n             long\n             name\nnäme           µs\n-----------------\n"
        "a,\"b\" |  10.0±0.2\né         1.0*\n\n",
        "### T\n\n| näme | long name (µs) |\n|---|---:|\n| a,\"b\" \\| | 10.0 ± 0.2 |\n"
        "| é | 1.0\\* |\n\n",
        NULL,
        "table,näme,long name (µs),long name std (µs)\nt,\"a,\"\"b\"\" |\",10.0,0.2\nt,é,1.0,\n"};
    for (int f = 0; f < TABLE_FORMATS; f++) {
        FILE *file = fmemopen(text, sizeof text, "w");
        table_print(table, (enum table_format)f, file);
        fclose(file);
        if (expected[f])
            assert_string_equal(text, expected[f]);
    }
    table_destroy(table);
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- the methods ---- */

static bool run_command(const void *context);

static void report_rivals(const char *method, const struct method_layer counts[LAYERS])
{
    struct sample s = BITSLICE;
    s.method = method;
    s.counts = counts;
    char *path = (char *)(uintptr_t)write_sample(s);
    assert_true(capture(run_command, (char *[]){"report", path, "--rivals", "--format=csv", NULL}));
}

static void test_rivals(void **state)
{
    (void)state;
    const struct method_layer blocks[LAYERS] = {
        {.weights = 1000,
         .nonzero = 400,
         .value_bits = 9,
         .data_bits = 3600,
         .stored_bits = 5000,
         .dense_arrays = 8,
         .block_arrays = 8,
         .passes = 1},
        { .weights = 200,
         .nonzero = 100,
         .value_bits = 9,
         .data_bits = 450,
         .stored_bits = 450,
         .block = 4,
         .dense_arrays = 4,
         .block_arrays = 2,
         .passes = 4},
    };
    report_rivals("circulant (hard)", blocks);
    ASSERT_CSV("rivals", 0, "run", "bitslice");
    ASSERT_CSV("rivals", 0, "method", "circulant (hard)");
    ASSERT_CSV("rivals", 0, "test accuracy (%)", "97.50");
    ASSERT_CSV("rivals", 0, "its own metric", "10 arrays of 12, 4 passes");
    ASSERT_CSV("rivals", 0, "weights", "500");
    ASSERT_CSV("rivals", 0, "data (kB)", "0.51");         /* 4050 bits */
    ASSERT_CSV("rivals", 0, "with indices (kB)", "0.68"); /* 5450 bits */
    ASSERT_CSV("rivals", 0, "storage (x)", "7.0");        /* 38400 / 5450 */
    ASSERT_CSV("rivals", 0, "B3 (%)", "10.00");
    ASSERT_CSV("rivals", 0, "arrays", "24");
    ASSERT_CSV("rivals", 0, "static ADC (bit)", "1,3,3,3");
    ASSERT_CSV("rivals", 0, "observed ADC (bit)", "0,0,0,0");
    ASSERT_CSV("rivals", 0, "provisioned ADC (bit)", "");
    ASSERT_CSV("rivals", 0, "saberi-power energy (x)", "16.25"); /* as in the table of ADC bits */
    assert_null(csv("accuracy", 0, "run"));                      /* no other table */
}

static void test_own_metrics(void **state)
{
    (void)state;
    struct method_layer x[LAYERS] = {
        {.weights = 1000,
         .nonzero = 100,
         .value_bits = 3,
         .data_bits = 300,
         .stored_bits = 800,
         .grid_bits = 3,
         .column_limit = 8,
         .column_nonzero = 8,
         .passes = 1},
        {.weights = 1000,
         .nonzero = 300,
         .value_bits = 2,
         .data_bits = 600,
         .stored_bits = 1200,
         .grid_bits = 2,
         .column_nonzero = 99,
         .passes = 1},
    };
    report_rivals("column-sparsity + grid (admm)", x);
    ASSERT_CSV("rivals", 0, "its own metric", /* log2(1 + 8 3) */
               "8 weights a column: 5 bits; 2.25 bits a weight, 71x data, 32x with indices; "
               "5.0x fewer weights");
    const struct method_layer y[LAYERS] = {
        {.weights = 1000,
         .nonzero = 900,
         .data_bits = 2000,
         .stored_bits = 2000,
         .pieces = 10,
         .coefficients = 1020,
         .coefficients_nonzero = 255,
         .passes = 1},
        { .weights = 1000,
         .nonzero = 500,
         .value_bits = 2,
         .data_bits = 2000,
         .stored_bits = 2000,
         .is_ternary = 1,
         .column_positive = 63,
         .column_negative = 7,
         .group = 8,
         .groups = 100,
         .groups_alive = 80,
         .group_compression = 20,
         .passes = 1},
    };
    report_rivals("smartdeal + ternary (hard)", y);
    ASSERT_CSV(
        "rivals", 0, "its own metric",
        "16.0x storage, 75 % zero coefficients; 6 ADC bits with 1-bit cells; group density 0.80, 20.0x PE-wise");
    const struct method_layer z[LAYERS] = {
        {.weights = 850,   .nonzero = 10, .value_bits = 9, .data_bits = 90, .stored_bits = 200},
        {0},
    };
    report_rivals("sparsity (admm)", z);
    ASSERT_CSV("rivals", 0, "its own metric", "85.0x fewer weights");
    write_sample(BITSLICE); /* of before methods were counted */
    assert_true(capture(run_command, (char *[]){"report", (char *)(uintptr_t)path_of("bitslice.h5"),
                                                "--table=rivals", "--format=csv", NULL}));
    ASSERT_CSV("rivals", 0, "its own metric", "");
    ASSERT_CSV("rivals", 0, "static ADC (bit)", "1,3,3,3");
}

/* ---- mistakes ---- */

static void flip_bit(const char *path, const void *pattern, size_t bytes)
{
    static char content[1 << 20];
    FILE *file = fopen(path, "r+b");
    const size_t size = fread(content, 1, sizeof content, file);
    size_t at = 0;
    while (at + bytes <= size && memcmp(content + at, pattern, bytes) != 0)
        at++;
    assert_true(at + bytes <= size);
    fseek(file, (long)at, SEEK_SET);
    fputc(content[at] ^ 4, file);
    fclose(file);
}

static void test_bad_files(void **state)
{
    (void)state;
    assert_refused(path_of("none.h5"), "no such file");
    const char *path = path_of("text.h5");
    FILE *file = fopen(path, "w");
    fputs("not at all", file);
    fclose(file);
    assert_refused(path, "not an HDF5 file");
    struct sample s = BITSLICE;
    s.version = 2;
    assert_refused(write_sample(s), "format version 2");
    s = BITSLICE;
    s.complete = 0;
    assert_refused(write_sample(s), "not complete");
    path = write_sample(BITSLICE);
    flip_bit(path, BITSLICE.nonzero, sizeof BITSLICE.nonzero);
    assert_refused(path, "'/slices/total/nonzero' is damaged");
    s = BITSLICE;
    s.miscounted = 1;
    assert_refused(write_sample(s), "disagree about slice B0");
    path = write_sample(BITSLICE);
    flip_bit(path, BITS[0][1], sizeof BITS[0][1]);
    assert_refused(path, "'/adc/fc2/static' is damaged");
}

static bool run_command(const void *context)
{
    char **argv = (char **)(uintptr_t)context;
    int argc = 0;
    while (argv[argc])
        argc++;
    return command_report(argc, argv) == 0;
}

static void test_command_line(void **state)
{
    (void)state;
    char *path = (char *)(uintptr_t)write_sample(BITSLICE);
    assert_false(capture(run_command, (char *[]){"report", NULL}));
    assert_prints("no result files");
    assert_false(capture(run_command, (char *[]){"report", path, "--colour", NULL}));
    assert_prints("unknown option '--colour'; allowed: --format");
    assert_false(capture(run_command, (char *[]){"report", path, "--format", "word", NULL}));
    assert_prints("value 'word'; allowed: text, markdown, latex, csv, json, html");
    assert_false(capture(run_command, (char *[]){"report", "/none.h5", NULL}));
    assert_prints("reslice: /none.h5: no such file");
    assert_true(capture(run_command, (char *[]){"report", path, "--format=csv", NULL}));
    assert_prints("table,run,");
    assert_true(capture(run_command, (char *[]){"report", "--help", NULL}));
    assert_prints("usage: reslice report FILE...");
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const files[] = {"bitslice.h5", "s1.h5",    "s2.h5",  "s3.h5",  "dense.h5",
                                        "other.h5",    "float.h5", "two.h5", "text.h5"};
    for (size_t f = 0; f < sizeof files / sizeof *files; f++)
        unlink(path_of(files[f]));
    return rmdir(folder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_run),
        cmocka_unit_test(test_adc_bits),
        cmocka_unit_test(test_cost),
        cmocka_unit_test(test_crossbars),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_bits_over_seeds),
        cmocka_unit_test(test_experiments_and_float),
        cmocka_unit_test(test_numbers_of_slices),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_rivals),
        cmocka_unit_test(test_own_metrics),
        cmocka_unit_test(test_html),
        cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_latex),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_command_line),
    };
    comm_start(&argc, &argv);
    const int failed = cmocka_run_group_tests(tests, make_folder, remove_folder);
    comm_stop();
    return failed;
}
