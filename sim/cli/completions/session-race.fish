# Completion of session-race in fish. What may come, the program itself says: `session-race complete WORD…` (sim/cli/complete.c).

# Files of a pattern, and folders, that go with what is typed behind a prefix such as --output=.
function __session_race_files
    set -l typed (string replace -- $argv[2] '' $argv[3])
    for file in (complete -C "__fish_command_without_completions $typed")
        set file (string split -f1 \t -- $file)
        if string match -q -- '*/' $file; or string match -q -- "$argv[1]" $file
            echo $argv[2]$file
        end
    end
end

function __session_race_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct | string unescape)
    for row in ($words[1] complete $words[2..-1] "$current" 2>/dev/null)
        set -l fields (string split \t -- $row)
        switch $fields[1]
            case w p
                echo $fields[2]\t$fields[3]
            case f
                __session_race_files "$fields[2]" "$fields[3]" "$current"
            case d
                __session_race_files '*/' "$fields[2]" "$current"
        end
    end
end

complete -c session-race -f -k -a '(__session_race_complete)'
