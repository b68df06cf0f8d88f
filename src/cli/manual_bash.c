/* Completion for bash: commands, their options, the settings behind --set and their choices. It needs
 * nothing but bash itself; where nothing is known bash completes names of files. */
#include <string.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/manual_pages.h"
#include "settings/options.h"

static void begin(void)
{
    char names[512] = "";
    for (size_t c = 0; c < commands_count; c++)
        strcat(strcat(names, c ? " " : ""), commands_table[c].name);
    log_info(
        "# Completion of reslice for bash, made by reslice help bash. Source it, or put it into\n"
        "# /usr/share/bash-completion/completions.\n"
        "_reslice()\n"
        "{\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
        "    local setting='' options='' folders='' values=''\n"
        "    local commands='%s --help --version'\n"
        "    COMPREPLY=()\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -W \"$commands\" -- \"$word\")\n"
        "        return\n"
        "    fi\n"
        "    case ${COMP_WORDS[1]} in",
        names);
}

/* Options with an argument; `dirs`: only those that name a folder. */
static void print_names(const struct cli *cli, bool with_argument, bool dirs)
{
    char names[4096] = "";
    for (size_t i = 0; i < cli->count; i++) {
        const char *argument = cli->options[i].argument;
        if (with_argument && (!argument || (strcmp(argument, "DIR") == 0) != dirs))
            continue;
        if (with_argument && !dirs && strcmp(argument, "FILE") == 0)
            continue; /* bash completes files by itself */
        strncat(names, *names ? " " : "", sizeof names - strlen(names) - 1);
        strncat(names, cli->options[i].name, sizeof names - strlen(names) - 1);
    }
    log_info("            %s='%s%s'",
             !with_argument ? "options"
             : dirs         ? "folders"
                            : "values",
             names, with_argument ? "" : " --help");
}

static void command(const struct cli *cli)
{
    const char *words = cli->usage + strlen("reslice ");
    log_info("        %.*s)", (int)strcspn(words, " "), words);
    print_names(cli, false, false);
    print_names(cli, true, true);
    print_names(cli, true, false);
    log_info("            ;;");
}

static void print_choices(void)
{
    for (size_t i = 0; i < options_count; i++) {
        const struct option_entry *entry = &options_table[i];
        char allowed[256], words[256];
        size_t n = 0;
        const bool has_choices = entry->names || entry->choices || entry->type == OPTION_BOOLEAN;
        if (!has_choices)
            continue;
        option_allowed(entry, allowed, sizeof allowed);
        for (const char *c = allowed; *c; c++)
            if (*c != ',')
                words[n++] = *c;
        words[n] = '\0';
        log_info("            %s) options='%s' ;;", entry->path, words);
    }
}

static void end(void)
{
    log_info("    esac\n"
             "    # readline breaks words at '=': --set PATH = VALUE\n"
             "    if [ \"$word\" = = ]; then\n"
             "        setting=$before word=''\n"
             "    elif [ \"$before\" = = ]; then\n"
             "        setting=${COMP_WORDS[COMP_CWORD - 2]}\n"
             "    fi\n"
             "    if [ -n \"$setting\" ]; then\n"
             "        options=''\n"
             "        case $setting in");
    print_choices();
    log_info("            *) return ;;\n"
             "        esac\n"
             "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
             "    elif [ \"$before\" = --set ]; then\n"
             "        compopt -o nospace 2>/dev/null\n"
             "        mapfile -t COMPREPLY < <(compgen -S = -W '");
    for (size_t i = 0; i < options_count; i++)
        log_info("            %s", options_table[i].path);
    log_info("            ' -- \"$word\")\n"
             "    elif [[ \" $folders \" == *\" $before \"* ]]; then\n"
             "        compopt -o filenames 2>/dev/null\n"
             "        mapfile -t COMPREPLY < <(compgen -d -- \"$word\")\n"
             "    elif [[ \" $values \" == *\" $before \"* ]]; then\n"
             "        compopt +o default 2>/dev/null\n"
             "    elif [ \"${word#-}\" != \"$word\" ]; then\n"
             "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
             "    fi\n"
             "}\n"
             "complete -o default -F _reslice reslice");
}

const struct manual_page manual_bash = {begin, command, end};
