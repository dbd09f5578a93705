# Completion of session-race in bash. What may come, the program itself says: `session-race complete WORD…` (sim/cli/complete.c).

# Sets `words` to those of the command line up to the cursor, without quotes. bash also parts them at = and :, which are put together
# again here where no blank was between.
_session_race_words() {
    local rest=${COMP_LINE:0:COMP_POINT} trimmed word i
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        trimmed=${rest#"${rest%%[![:space:]]*}"}
        word=${COMP_WORDS[i]}
        [ "$i" -lt "$COMP_CWORD" ] || word=$trimmed
        last=$word
        word=${word#[\"\']} word=${word%[\"\']} word=${word//\\/}
        if [ "$i" -gt 0 ] && [ "$trimmed" = "$rest" ]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        rest=${trimmed#"$last"}
    done
}

# Adds files that go with a pattern, and folders.
_session_race_files() {
    local typed=${current#"$2"} file
    compopt -o filenames
    while read -r file; do
        COMPREPLY+=("$file")
    done < <(compgen -d -- "$typed"; compgen -f -X "!$1" -- "$typed")
}

_session_race() {
    local words last current replaced kind word rest reply prefixes=0
    _session_race_words
    current=${words[${#words[@]} - 1]}
    # What bash replaces: from the last = or : on, unless it is quoted.
    replaced=${last#[\"\']}
    replaced=${replaced//\\/}
    [[ $last == [=:] ]] && replaced=
    COMPREPLY=()
    while IFS=$'\t' read -r kind word rest; do
        case $kind in
            w | p)
                [[ $word == "$current"* ]] || continue
                reply=${word#"${current%"$replaced"}"}
                [[ $last == [\"\']* ]] || printf -v reply %q "$reply"
                COMPREPLY+=("$reply")
                # bash would close the quotes behind the start of a word if nothing else could come.
                [[ $kind = p && $last == [\"\']* ]] && COMPREPLY+=("$reply ")
                [ "$kind" = w ] || prefixes=$((prefixes + 1))
                ;;
            f) _session_race_files "$word" "$rest" ;;
            d)
                compopt -o filenames
                while read -r reply; do
                    COMPREPLY+=("$reply")
                done < <(compgen -d -- "${current#"$word"}")
                ;;
        esac
    done < <("${words[0]/#\~/$HOME}" complete "${words[@]:1}" 2>/dev/null)
    if [ "$prefixes" -eq 1 ] && [ "${#COMPREPLY[@]}" -eq 1 ]; then
        compopt -o nospace
    fi
}
complete -F _session_race session-race
