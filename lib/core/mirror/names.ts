/**
 * What stays here by its name, wherever it lies: a second line of defence, for what everybody may read by mistake. What
 * protects secrets is their mode, by which they are never read. As rsync's patterns: one with a slash in front is the path
 * itself, any other one a name in whatever directory.
 */

/** Histories of files: what was removed from them, or was in them under another mode, is there for good. */
const HISTORIES = ['.git', '.hg', '.svn', '.bzr', '.snapshots', '.zfs', 'lost+found', '.Trash-*', '.etckeeper']

/** What programs call the keys and passwords of people. */
const OF_PEOPLE = [
  ...['id_rsa', 'id_dsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk', 'id_xmss', '.ssh', '.gnupg'],
  ...['.netrc', '_netrc', '.authinfo', '.pgpass', '.my.cnf', '.mylogin.cnf', '.git-credentials', '.npmrc', '.pypirc'],
  ...['.aws', '.azure', '.kube', '.docker', '.terraformrc', '.vault-token', '.password-store', '.env', '.htpasswd'],
  ...['.bash_history', '.zsh_history', '.python_history', '.psql_history', '.mysql_history', '.lesshst', '.viminfo'],
  ...['*.kdbx', '*.kdb', '*.keytab', '*.jks', '*.p12', '*.pfx', '*.ppk', '*.agekey', '*.ovpn', '*.psk', '*.gpg~'],
]

/** Private keys by what they are called, and backups of what only root may read. */
const KEYS = [
  ...['private_key.pem', 'privkey*.pem', '*-private.pem', '*_private.pem', '*.private', '*.key.pem', '*-key.pem'],
  ...['*_key.pem', 'signing_key.*', 'signing_key', '*.tsig', 'secring.*', 'private-keys-v1.d', 'ssh_host_*_key'],
  ...['ssh_host_key', 'dropbear_*_host_key', 'MOK.priv', '*-secrets', 'secrets.tdb', 'passdb.tdb', 'master.passwd'],
  ...['/etc/**.key', '/opt/**.key', '/usr/local/**.key', '/usr/src/**.key', '/etc/**/key.pem', '/opt/**/key.pem'],
  ...[
    '/etc/shadow*',
    '/etc/gshadow*',
    '/etc/*/shadow',
    '/etc/*/shadow[-.~]*',
    '/etc/*/gshadow',
    '/etc/*/gshadow[-.~]*',
  ],
  ...['/etc/.pwd.lock', '/etc/sudoers', '/etc/sudoers.*', '/etc/sudoers~', '/etc/security/opasswd*'],
]

/** Settings of services that hold their passwords, and that some packages install for everybody to read. */
const OF_SERVICES = [
  ...[
    '/etc/ssl/private',
    '/etc/pki/private',
    '/etc/pki/tls/private',
    '/etc/cups/ssl',
    '/etc/openldap/ssl',
    '/etc/keys',
  ],
  ...['/etc/letsencrypt', '/etc/wireguard', '/etc/openvpn', '/etc/ipsec.d/private', '/etc/swanctl', '/etc/tinc'],
  ...['/etc/nebula', '/etc/zerotier-one', '/etc/NetworkManager/system-connections', '/etc/wpa_supplicant', '/etc/iwd'],
  ...['/etc/wpa_supplicant.conf', '/etc/netplan', '/etc/conf.d/net', '/etc/conf.d/net.*', '/etc/conf.d/wpa_supplicant'],
  ...['/etc/conf.d/dmcrypt', '/etc/hostapd', '/etc/hostapd.conf', '/etc/systemd/network/*.netdev', '/etc/ppp/peers'],
  ...['/etc/ppp/pap-secrets', '/etc/ppp/chap-secrets', '/etc/xl2tpd', '/etc/crypttab', '/etc/cryptsetup-keys.d'],
  ...[
    '/etc/luks',
    '/etc/luks-keys',
    '/etc/zfs',
    '/etc/davfs2',
    '/etc/samba',
    '/etc/cifs-credentials',
    '/etc/credstore',
  ],
  ...['/etc/credstore.encrypted', '/etc/secureboot', '/etc/sbctl', '/etc/kernel/secureboot*', '/etc/ipsec.secrets'],
  ...['/etc/sudoers.d', '/etc/doas.conf', '/etc/krb5.keytab', '/etc/sssd', '/etc/nslcd.conf', '/etc/ldap.secret'],
  ...['/etc/raddb', '/etc/freeradius', '/etc/openldap/slapd.*', '/etc/msmtprc', '/etc/ssmtp', '/etc/fetchmailrc'],
  ...['/etc/mail', '/etc/exim', '/etc/postfix/sasl*', '/etc/dovecot', '/etc/opendkim', '/etc/opensmtpd/secrets'],
  ...['/etc/rspamd', '/etc/rsyncd.secrets', '/etc/bind', '/etc/kubernetes', '/etc/rancher', '/etc/docker'],
  ...['/etc/puppetlabs', '/etc/puppet', '/etc/salt', '/etc/zabbix', '/etc/gitlab-runner', '/etc/restic', '/etc/borg*'],
  ...[
    '/etc/rclone*',
    '/etc/mysql/debian.cnf',
    '/etc/stunnel',
    '/etc/tor',
    '/etc/vault*',
    '/etc/consul*',
    '/etc/nomad*',
  ],
  ...['/etc/prometheus', '/etc/alertmanager', '/etc/grafana', '/etc/telegraf', '/etc/cloudflared', '/etc/step-ca'],
  ...['/etc/cups/printers.conf', '/etc/cups/subscriptions.conf', '/etc/vpnc', '/etc/openconnect', '/etc/fprintd'],
  ...['/etc/machine-secret', '/etc/security/opasswd', '/etc/mdadm*/keys', '/etc/wgetrc.secret', '/etc/ddclient*'],
  ...[
    '/etc/ldap.conf',
    '/etc/pam_ldap.conf',
    '/etc/libnss-*',
    '/etc/pam-mysql.conf',
    '/etc/pam_pgsql.conf',
    'htpasswd',
  ],
  ...[
    '.htdigest',
    '/etc/yggdrasil*',
    '/etc/cjdroute.conf',
    '/etc/keepalived',
    '/etc/drbd.d',
    '/etc/xray',
    '/etc/v2ray',
  ],
  ...['/etc/sing-box', '/etc/trojan*', '/etc/hysteria', '/etc/frp', '/etc/shadowsocks*'],
  ...['/etc/inadyn.conf', '/etc/nut/upsd.users', '/etc/snmp/snmpd.conf', '/etc/asterisk', '/etc/znc', '/etc/murmur*'],
]

/** Of Portage's own configuration: keys for signing, and what a user keeps there. */
const OF_PORTAGE = ['/etc/portage/gnupg*', '/etc/portage/secrets', '/etc/portage/secureboot*']

export const NAMES_THAT_STAY = [...HISTORIES, ...OF_PEOPLE, ...KEYS, ...OF_SERVICES, ...OF_PORTAGE]
