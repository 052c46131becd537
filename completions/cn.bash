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
		verbs="account classify export fetch import model purge query reply-suggest report store"
		;;
	cn-account)
		verbs="add auth test list rotate disconnect expiry"
		own="--server --user --provider --pass-cmd --pass-file --pass-credential --pass-fd --folder --compress --ca-file --within --format"
		;;
	cn-classify)
		own="--pending -p --pass-through --no-store --rejects -m --model --spam-model --explain --refs --format --max-line"
		;;
	cn-export)
		own="--subject --bundle --output --purpose --verify"
		;;
	cn-fetch)
		own="--format --refs --folder --since --limit --skip-history --rescan --expunge-source --idle --jobs --requeue --max-silence"
		;;
	cn-import)
		own="--channel --agent --source --date-order --deliver --format --refs"
		;;
	cn-model)
		verbs="train eval learn queue rules show"
		own="-o --output --from-store --no-starter -f --folder --outside -m --model -k --folds --worst --format --refs --max-line"
		;;
	cn-purge)
		own="-s --subject --plan -n --dry-run --apply --prove --resume -y --yes"
		;;
	cn-query)
		own="--format -l --limit --refs --raw --exit-code"
		;;
	cn-reply-suggest)
		own="--pending -n --max --min-score --macros --past --no-history --all --agent --rejects --no-store --generator --generator-time --accept --reject --format --max-line"
		;;
	cn-report)
		verbs="volume response csat categories workflow ropa runs quarantine"
		own="--since --until --by --format --seconds --check --min --macros"
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
	cn-account:--server)
		return
		;;
	cn-account:--user)
		return
		;;
	cn-account:--provider)
		return
		;;
	cn-account:--pass-cmd)
		return
		;;
	cn-account:--pass-file)
		kind=-f
		;;
	cn-account:--pass-credential)
		return
		;;
	cn-account:--pass-fd)
		return
		;;
	cn-account:--folder)
		return
		;;
	cn-account:--ca-file)
		kind=-f
		;;
	cn-account:--within)
		return
		;;
	cn-account:--format)
		words="auto table jsonl csv tsv"
		;;
	cn-classify:--rejects)
		kind=-f
		;;
	cn-classify:--model|cn-classify:-m)
		kind=-f
		;;
	cn-classify:--spam-model)
		kind=-f
		;;
	cn-classify:--format)
		words="auto table jsonl csv tsv"
		;;
	cn-classify:--max-line)
		return
		;;
	cn-export:--subject)
		return
		;;
	cn-export:--bundle)
		kind=-f
		;;
	cn-export:--output)
		kind=-d
		;;
	cn-export:--purpose)
		words="access portability"
		;;
	cn-export:--verify)
		kind=-f
		;;
	cn-fetch:--format)
		words="auto jsonl mbox none"
		;;
	cn-fetch:--folder)
		return
		;;
	cn-fetch:--since)
		return
		;;
	cn-fetch:--limit)
		return
		;;
	cn-fetch:--jobs)
		return
		;;
	cn-fetch:--requeue)
		return
		;;
	cn-fetch:--max-silence)
		return
		;;
	cn-import:--channel)
		words="auto chat"
		;;
	cn-import:--agent)
		return
		;;
	cn-import:--source)
		return
		;;
	cn-import:--date-order)
		words="auto dmy mdy"
		;;
	cn-import:--format)
		words="auto jsonl none"
		;;
	cn-model:--output|cn-model:-o)
		kind=-f
		;;
	cn-model:--folder|cn-model:-f)
		return
		;;
	cn-model:--outside)
		return
		;;
	cn-model:--model|cn-model:-m)
		kind=-f
		;;
	cn-model:--folds|cn-model:-k)
		return
		;;
	cn-model:--worst)
		return
		;;
	cn-model:--format)
		words="auto table jsonl csv tsv"
		;;
	cn-model:--max-line)
		return
		;;
	cn-purge:--subject|cn-purge:-s)
		return
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
	cn-reply-suggest:--max|cn-reply-suggest:-n)
		return
		;;
	cn-reply-suggest:--min-score)
		return
		;;
	cn-reply-suggest:--macros)
		kind=-f
		;;
	cn-reply-suggest:--past)
		return
		;;
	cn-reply-suggest:--agent)
		return
		;;
	cn-reply-suggest:--rejects)
		kind=-f
		;;
	cn-reply-suggest:--generator)
		return
		;;
	cn-reply-suggest:--generator-time)
		return
		;;
	cn-reply-suggest:--accept)
		return
		;;
	cn-reply-suggest:--reject)
		return
		;;
	cn-reply-suggest:--format)
		words="jsonl rfc822"
		;;
	cn-reply-suggest:--max-line)
		return
		;;
	cn-report:--since)
		return
		;;
	cn-report:--until)
		return
		;;
	cn-report:--by)
		words="all day week month channel category"
		;;
	cn-report:--format)
		words="auto table jsonl csv tsv yaml"
		;;
	cn-report:--check)
		return
		;;
	cn-report:--min)
		return
		;;
	cn-report:--macros)
		kind=-f
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
complete -o filenames -F _cn cn cn-account cn-classify cn-export cn-fetch cn-import cn-model cn-purge cn-query cn-reply-suggest cn-report cn-store
