# fish completion for cn: made by completions/generate.sh from the option tables
for c in cn cn-import cn-query cn-store
	complete -c $c -l home -x -a '(__fish_complete_directories)' -d 'the store\'s folder'
	complete -c $c -l keys -x -a '(__fish_complete_directories)' -d 'the keys\' folder'
	complete -c $c -l key-file -r -d 'opens the keyring'
	complete -c $c -l config -r -d 'instead of the usual config.yaml'
	complete -c $c -l now -x -d 'compute as if it were then'
	complete -c $c -l wait -x -d 'for a lock, at most'
	complete -c $c -l no-wait -d 'fail at once where a lock is held'
	complete -c $c -s q -l quiet -d 'no progress and no notes'
	complete -c $c -s v -l verbose -d 'say more on standard error'
	complete -c $c -l color -x -a 'auto always never' -d 'bold and colors in tables'
	complete -c $c -s h -l help -d 'show the options'
	complete -c $c -l version -d 'show the version'
end
complete -c cn -n __fish_use_subcommand -f -a import
complete -c cn-import -l deliver -d 'one mail on stdin, for an MTA: 0 or 75'
complete -c cn-import -l format -x -a 'auto jsonl none' -d 'lines, or nothing; auto: none on a terminal'
complete -c cn-import -l refs -d 'lines without personal fields'
complete -c cn -n __fish_use_subcommand -f -a query
complete -c cn-query -l format -x -a 'auto table jsonl csv tsv mbox ids' -d 'auto: a table on a terminal, else jsonl'
complete -c cn-query -s l -l limit -x -d 'at most N messages'
complete -c cn-query -l refs -d 'lines without personal fields'
complete -c cn-query -l raw -x -d 'the bytes of one message as they came'
complete -c cn-query -l exit-code -d 'exit with 1 if nothing matches'
complete -c cn -n __fish_use_subcommand -f -a store
complete -c cn-store -n __fish_use_subcommand -f -a init -d 'make store, keyring and key file'
complete -c cn-store -n __fish_use_subcommand -f -a doctor -d 'check store, keys and folders'
complete -c cn-store -n __fish_use_subcommand -f -a config -d 'show what is in force and why'
complete -c cn-store -l recovery -r -d 'init: where the recovery key goes'
complete -c cn-store -l test -d 'init: --now may change this store'
complete -c cn-store -l check -d 'doctor: findings exit with 1'
