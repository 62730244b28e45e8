# Completion of praas for bash. Made by scripts/docs.ts. Do not edit: run it again.
# A flag is one word here: `--json` takes nothing, `--name=` anything, `--role=admin|reader` one of these, `--config=@file`
# a file, `--router=@router` one of those that there are.

_praas() {
  local IFS=$' \t\n' cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  local words='' flags='' hidden='' arg='' flag names=''
  COMPREPLY=()
  case "${COMP_WORDS[*]:1:COMP_CWORD-1} " in
    ' ')
      words='config|demo|doctor|events|install|monitor|pat|quota|router|serve|server|token|uninstall|upgrade'
      flags='--help --version'
      ;;
    'config ')
      words='show'
      flags='--help'
      ;;
    'pat ')
      words='check|connections|create|delete|import|list|show|update'
      flags='--help'
      ;;
    'quota ')
      words='set|show'
      flags='--help'
      ;;
    'router ')
      words='list|show|sync'
      flags='--help'
      ;;
    'server ')
      words='list'
      flags='--help'
      ;;
    'token ')
      words='create|list|revoke'
      flags='--help'
      ;;
    'config show '*)
      flags='-c= --column= --config=@file -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --help'
      ;;
    'demo '*)
      flags='--backend=iptables|nftables --help'
      ;;
    'doctor '*)
      flags='-c= --column= --config=@file -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --problems --help'
      ;;
    'events '*)
      flags='--cacert=@file -c= --column= --config=@file --follow -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --limit= --mapping=@mapping --os-auth-url= --os-cloud= -r=@router --router=@router --token-file=@file --type=created|updated|deleted|followed|suspended|resumed|down|active|omitted --url= --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      ;;
    'install '*)
      flags='--config=@file --dry-run --json --prefix=@file --root=@file --start --no-start --timeout= --help'
      hidden='--package'
      ;;
    'monitor '*)
      flags='--check -c= --column= --config=@file --confirm --dry-run -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --once --retain= --help'
      ;;
    'pat check '*)
      flags='--cacert=@file -c= --column= --config=@file -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --os-auth-url= --os-cloud= --token-file=@file --url= --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      arg='@mapping'
      ;;
    'pat connections '*)
      flags='--cacert=@file -c= --column= --config=@file -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --os-auth-url= --os-cloud= --token-file=@file --url= --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      arg='@mapping'
      ;;
    'pat create '*)
      flags='--allow= --cacert=@file -c= --column= --config=@file --description= --disable --dry-run --expires= --force -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --gateway= --json --masquerade=auto|always|never --name= --open-security-group --os-auth-url= --os-cloud= -p= --port= --port-id= --protocol=tcp|udp -r=@router --router=@router --router-port= -s= --server= --server-ip= --token-file=@file --url= --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      ;;
    'pat delete '*)
      flags='--all --cacert=@file --config=@file --dry-run --force --json --os-auth-url= --os-cloud= -r=@router --router=@router --token-file=@file --url= -y --yes --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      arg='@mapping'
      ;;
    'pat import '*)
      flags='--cacert=@file -c= --column= --config=@file --dry-run --force -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --os-auth-url= --os-cloud= -r=@router --router=@router --token-file=@file --url= --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      ;;
    'pat list '*)
      flags='--cacert=@file -c= --column= --config=@file -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --os-auth-url= --os-cloud= -r=@router --router=@router --server-ip= --status=ACTIVE|DOWN|PENDING --token-file=@file --url= --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      ;;
    'pat show '*)
      flags='--cacert=@file -c= --column= --config=@file -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --os-auth-url= --os-cloud= --token-file=@file --url= --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      arg='@mapping'
      ;;
    'pat update '*)
      flags='--allow= --cacert=@file --clear-allow -c= --column= --config=@file --description= --disable --dry-run --enable --expires= --force -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --masquerade=auto|always|never --name= --os-auth-url= --os-cloud= -p= --port= --router-port= --server-ip= --token-file=@file --url= --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      arg='@mapping'
      ;;
    'quota set '*)
      flags='--cacert=@file -c= --column= --config=@file --default -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --mappings= --os-auth-url= --os-cloud= --ports-per-router= --token-file=@file --url= --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      ;;
    'quota show '*)
      flags='--cacert=@file -c= --column= --config=@file -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --os-auth-url= --os-cloud= --token-file=@file --url= --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      ;;
    'router list '*)
      flags='--all --cacert=@file -c= --column= --config=@file -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --os-auth-url= --os-cloud= --token-file=@file --url= --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      ;;
    'router show '*)
      flags='--cacert=@file -c= --column= --config=@file -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --os-auth-url= --os-cloud= --token-file=@file --url= --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      arg='@router'
      ;;
    'router sync '*)
      flags='--cacert=@file --config=@file --dry-run --force --json --os-auth-url= --os-cloud= --token-file=@file --url= --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      arg='@router'
      ;;
    'serve '*)
      flags='--config=@file --json --monitor --retain= --help'
      ;;
    'server list '*)
      flags='--cacert=@file -c= --column= --config=@file -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --os-auth-url= --os-cloud= --token-file=@file --url= --help'
      hidden='--os-application-credential-id= --os-application-credential-name= --os-application-credential-secret= --os-auth-type= --os-cacert=@file --os-default-domain= --os-endpoint-type= --os-identity-api-version= --os-interface= --os-password= --os-project-domain-id= --os-project-domain-name= --os-project-id= --os-project-name= --os-region-name= --os-system-scope= --os-tenant-id= --os-tenant-name= --os-token= --os-user-domain-id= --os-user-domain-name= --os-user-id= --os-username='
      ;;
    'token create '*)
      flags='-c= --column= --config=@file --expires= -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --name= --project= --role=admin|member|reader --help'
      ;;
    'token list '*)
      flags='-c= --column= --config=@file -f=table|json|yaml|csv|value --format=table|json|yaml|csv|value --json --help'
      ;;
    'token revoke '*)
      flags='--config=@file --json --help'
      arg='@token'
      ;;
    'uninstall '*)
      flags='--config=@file --dry-run --json --keep-rules --prefix=@file --purge --remove-rules --timeout= --help'
      hidden='--package'
      ;;
    'upgrade '*)
      flags='--config=@file --dry-run --json --prefix=@file --start --no-start --timeout= --help'
      hidden='--package'
      arg='@file'
      ;;
    *) return ;;
  esac
  # `--format=json` comes as three words.
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for flag in $flags $hidden; do
    if [[ $flag == "$prev="* ]]; then
      _praas_values "$1" "${flag#*=}"
      return
    fi
  done
  if [[ $cur != -* ]]; then
    _praas_values "$1" "${words:-$arg}"
    return
  fi
  # There are many hidden ones: they are shown to those who have begun to type one.
  [[ $cur == --?* ]] && flags+=" $hidden"
  for flag in $flags; do
    [[ $flag == --* ]] && names+=" ${flag%%=*}"
  done
  _praas_values "$1" "${names# }"
}

# Fills COMPREPLY. Takes praas as it was typed, and what can stand there.
_praas_values() {
  local value
  case $2 in
    @file) compopt -o default 2>/dev/null ;;
    @mapping) _praas_ids "$1" 'pat list' 'ID' ;;
    @router) _praas_ids "$1" 'router list' 'Router ID' ;;
    @token) _praas_ids "$1" 'token list' 'ID' ;;
    *) mapfile -t COMPREPLY < <(compgen -W "${2//|/ }" -- "$cur") ;;
  esac
}

# The only time that praas is asked. The IDs of another machine, at --url, are not asked for.
_praas_ids() {
  local id
  [[ " ${COMP_WORDS[*]} " == *' --url '* ]] && return
  while read -r id; do
    [[ $id == "$cur"* && $id =~ ^[A-Za-z0-9._-]+$ ]] && COMPREPLY+=("$id")
  done < <("${1/#\~/$HOME}" $2 -f value -c "$3" </dev/null 2>/dev/null)
}

complete -F _praas praas
