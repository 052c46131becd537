# fish completion for cn: made by completions/generate.sh from the option tables
for c in cn
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
