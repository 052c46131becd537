# bash completion for cn: made by completions/generate.sh from the option tables
_cn() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	local cmd=${COMP_WORDS[0]##*/} at=1 words= kind= verbs= own=
	COMPREPLY=()
	if [[ $cmd == cn && $COMP_CWORD -gt 1 && ${COMP_WORDS[1]} != -* ]]; then
		cmd=cn-${COMP_WORDS[1]}
		at=2
	fi
	case $cmd in
	cn)
		verbs="import query store"
		;;
	cn-import)
		own="--deliver --format --refs"
		;;
	cn-query)
		own="--format -l --limit --refs --raw --exit-code"
		;;
	cn-store)
		verbs="init doctor config"
		own="--recovery --test --check"
		;;
	esac
	case $cmd:$prev in
	*:--home)
		kind=-d
		;;
	*:--keys)
		kind=-d
		;;
	*:--key-file)
		kind=-f
		;;
	*:--config)
		kind=-f
		;;
	*:--now)
		return
		;;
	*:--wait)
		return
		;;
	*:--color)
		words="auto always never"
		;;
	cn-import:--format)
		words="auto jsonl none"
		;;
	cn-query:--format)
		words="auto table jsonl csv tsv mbox ids"
		;;
	cn-query:--limit|cn-query:-l)
		return
		;;
	cn-query:--raw)
		return
		;;
	cn-store:--recovery)
		kind=-f
		;;
	esac
	if [[ -z $words$kind ]]; then
		if [[ $cur == -* ]]; then
			words="$own --home --keys --key-file --config --now --wait --no-wait -q --quiet -v --verbose --color -h --help --version"
		elif [[ $verbs && $COMP_CWORD -eq $at ]]; then
			words=$verbs
		else
			kind=-f
		fi
	fi
	# shellcheck disable=SC2207
	COMPREPLY=($(compgen $kind ${words:+-W "$words"} -- "$cur"))
}
complete -o filenames -F _cn cn cn-import cn-query cn-store
