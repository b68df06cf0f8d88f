/* The formats that a report is printed in. */
#define _POSIX_C_SOURCE 200809L
#include "unit/report/report_files.h"

#include <stdio.h>
#include <string.h>

#include "unit/report/report_output.h"

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
    print_report((struct request){{write_result(BITSLICE)}, TABLE_TEXT});
    assert_prints("Accuracy and non-zero slices\n");
    assert_prints("Crossbars\n");
    for (char *line = strtok(printed, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(width_of(line) <= 120 && line[strlen(line) - 1] != ' ');
}

static void test_json(void **state)
{
    (void)state;
    print_report((struct request){{write_result(BITSLICE)}, TABLE_JSON});
    assert_prints("{\"table\": \"accuracy\", \"title\": \"Accuracy and non-zero slices\",\n");
    assert_prints("{\"name\": \"B3\", \"unit\": \"bit\"}");
    assert_prints("[\"published\", \"energy\", null, \"\", 28.440, null, 14.220, null");
    assert_prints("\"std\": null}");
    assert_true(strncmp(printed, "[\n{", 3) == 0); /* one document: an array */
    assert_string_equal(printed + strlen(printed) - 4, "}\n]\n");
}

/* What stands in a name must not become part of the page. */
static void test_html(void **state)
{
    (void)state;
    struct sample other = BITSLICE;
    other.file = "other.h5";
    other.experiment = "<b>&\"'";
    print_report((struct request){
        {write_result(BITSLICE), write_result(other)},
        TABLE_HTML
    });
    assert_prints("<h2>Accuracy and non-zero slices</h2>");
    assert_prints("<tr><td>&lt;b&gt;&amp;&quot;&#39;/bitslice</td>");
    assert_prints("<th scope=\"col\" class=\"number\">B3 <span class=\"unit\">bit</span></th>");
    assert_prints("<td class=\"number\">97.50</td>");
    assert_null(strstr(printed, "<b>"));
}

static void test_markdown(void **state)
{
    (void)state;
    print_report((struct request){{write_result(BITSLICE)}, TABLE_MARKDOWN});
    assert_prints("### Accuracy and non-zero slices\n\n| run |");
    assert_prints("|---|---|---:|");
    int pipes = 0, tables = 0;
    for (char *line = strtok(printed, "\n"); line; line = strtok(NULL, "\n")) {
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
    print_report((struct request){
        {write_result(BITSLICE), write_result(other)},
        TABLE_LATEX
    });
    assert_prints("\\caption{Accuracy and non-zero slices}");
    assert_prints("\\begin{tabular}{llrrrrrrrrlr}");
    assert_prints("mnist\\_mlp/bitslice & validation & 1 & 97.50 & 10.00 &");
    assert_prints("test accuracy (\\%)");
    assert_prints("99.99 \\%");
    assert_prints("2\\textasciicircum{}N/(N+1)");
    for (const char *c = printed; *c; c++) /* the & between cells are ours */
        if (strchr("%_#$", *c) && c[-1] != '\\' && strncmp(c, "$\\pm$", 5) != 0)
            fail_msg("'%c' is not escaped: %.40s", *c, c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),     cmocka_unit_test(test_json),  cmocka_unit_test(test_html),
        cmocka_unit_test(test_markdown), cmocka_unit_test(test_latex),
    };
    return cmocka_run_group_tests(tests, make_report_folder, remove_report_folder);
}
