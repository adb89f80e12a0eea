package remote

import (
	"slices"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/remote/sshconfig"
)

// handling is what becomes of a keyword of ssh_config(5).
type handling uint8

const (
	native  handling = iota // pumatop does it
	reading                 // it shapes the reading of the configuration, which is over when the values are here
	byOther                 // the ssh of OpenSSH does it: see Transport
	ignored                 // on purpose
)

// keyword is a row of the table below.
type keyword struct {
	name string // as the manual writes it
	does handling
	why  string // of what is ignored; of what OpenSSH does, what is lost where there is none
	// vital is of what OpenSSH does: without it another host would be reached or trusted, or nobody let in.
	vital bool
}

// keywords is every keyword of ssh_config(5) up to OpenSSH 10, and those that distributions add.
var keywords = []keyword{
	{name: "AddKeysToAgent"}, {name: "AddressFamily"}, {name: "BatchMode"}, {name: "BindAddress"}, {name: "BindInterface"}, {name: "CASignatureAlgorithms"},
	{name: "CertificateFile"}, {name: "Ciphers"}, {name: "ConnectionAttempts"}, {name: "ConnectTimeout"}, {name: "GlobalKnownHostsFile"},
	{name: "HashKnownHosts"}, {name: "HostKeyAlgorithms"}, {name: "HostKeyAlias"}, {name: "Hostname"}, {name: "IdentitiesOnly"},
	{name: "IdentityAgent"}, {name: "IdentityFile"}, {name: "KbdInteractiveAuthentication"}, {name: "KexAlgorithms"},
	{name: "KnownHostsCommand"}, {name: "MACs"}, {name: "NoHostAuthenticationForLocalhost"}, {name: "NumberOfPasswordPrompts"},
	{name: "PasswordAuthentication"}, {name: "Port"}, {name: "PreferredAuthentications"}, {name: "ProxyCommand"}, {name: "ProxyJump"},
	{name: "PubkeyAcceptedAlgorithms"}, {name: "PubkeyAuthentication"}, {name: "RefuseConnection"}, {name: "RekeyLimit"},
	{name: "RequiredRSASize"}, {name: "ServerAliveCountMax"}, {name: "ServerAliveInterval"}, {name: "StrictHostKeyChecking"},
	{name: "TCPKeepAlive"}, {name: "User"}, {name: "UserKnownHostsFile"},

	{name: "CanonicalDomains", does: reading}, {name: "CanonicalizeFallbackLocal", does: reading},
	{name: "CanonicalizeHostname", does: reading}, {name: "CanonicalizeMaxDots", does: reading},
	{name: "CanonicalizePermittedCNAMEs", does: reading}, {name: "Host", does: reading}, {name: "IgnoreUnknown", does: reading},
	{name: "Include", does: reading}, {name: "Match", does: reading}, {name: "Tag", does: reading},

	{name: "GSSAPIAuthentication", does: byOther, why: "logins by Kerberos"},
	{name: "GSSAPIKeyExchange", does: byOther, why: "host keys proved by Kerberos"},
	{name: "HostbasedAuthentication", does: byOther, why: "logins by the key of this machine"},
	{name: "PKCS11Provider", does: byOther, why: "keys on a token", vital: true},
	{name: "ProxyUseFdpass", does: byOther, why: "a proxy that passes its socket on", vital: true},
	{name: "RevokedHostKeys", does: byOther, why: "the list of revoked host keys", vital: true},
	{name: "VerifyHostKeyDNS", does: byOther, why: "host keys in DNS"},

	{name: "ChannelTimeout", does: ignored, why: "its channels are short, and streams live while they are watched"},
	{name: "CheckHostIP", does: ignored, why: "host keys are known by name, as OpenSSH has it since 8.5"},
	{name: "ClearAllForwardings", does: ignored, why: noForward},
	{name: "Compression", does: ignored, why: "answers are small"},
	{name: "ControlMaster", does: ignored, why: ownMaster}, {name: "ControlPath", does: ignored, why: ownMaster},
	{name: "ControlPersist", does: ignored, why: ownMaster},
	{name: "DynamicForward", does: ignored, why: noForward},
	{name: "EnableEscapeCommandline", does: ignored, why: noTerminal},
	{name: "EnableSSHKeysign", does: ignored, why: "it is the system's part of HostbasedAuthentication"},
	{name: "EscapeChar", does: ignored, why: noTerminal},
	{name: "ExitOnForwardFailure", does: ignored, why: noForward},
	{name: "FingerprintHash", does: ignored, why: "fingerprints are SHA256"},
	{name: "ForkAfterAuthentication", does: ignored, why: noTerminal},
	{name: "ForwardAgent", does: ignored, why: "no agent is lent to a host"},
	{name: "ForwardX11", does: ignored, why: noForward}, {name: "ForwardX11Timeout", does: ignored, why: noForward},
	{name: "ForwardX11Trusted", does: ignored, why: noForward}, {name: "GatewayPorts", does: ignored, why: noForward},
	{name: "GSSAPIClientIdentity", does: ignored, why: partOfGSSAPI},
	{name: "GSSAPIDelegateCredentials", does: ignored, why: partOfGSSAPI},
	{name: "GSSAPIKexAlgorithms", does: ignored, why: partOfGSSAPI},
	{name: "GSSAPIRenewalForcesRekey", does: ignored, why: partOfGSSAPI},
	{name: "GSSAPIServerIdentity", does: ignored, why: partOfGSSAPI}, {name: "GSSAPITrustDns", does: ignored, why: partOfGSSAPI},
	{name: "HostbasedAcceptedAlgorithms", does: ignored, why: "it says something of HostbasedAuthentication"},
	{name: "IPQoS", does: ignored, why: "the system's default serves"},
	{name: "KbdInteractiveDevices", does: ignored, why: "the server's choice serves"},
	{name: "LocalCommand", does: ignored, why: noCommand}, {name: "LocalForward", does: ignored, why: noForward},
	{name: "LogLevel", does: ignored, why: noLog}, {name: "LogVerbose", does: ignored, why: noLog},
	{name: "ObscureKeystrokeTiming", does: ignored, why: noTerminal},
	{name: "PermitLocalCommand", does: ignored, why: noCommand}, {name: "PermitRemoteOpen", does: ignored, why: noForward},
	{name: "RemoteCommand", does: ignored, why: noCommand}, {name: "RemoteForward", does: ignored, why: noForward},
	{name: "RequestTTY", does: ignored, why: noTerminal},
	{name: "SecurityKeyProvider", does: ignored, why: "hardware keys sign in the agent"},
	{name: "SendEnv", does: ignored, why: "scripts set what they need"}, {name: "SetEnv", does: ignored, why: "scripts set what they need"},
	{name: "SessionType", does: ignored, why: noCommand}, {name: "StdinNull", does: ignored, why: noTerminal},
	{name: "StreamLocalBindMask", does: ignored, why: noForward}, {name: "StreamLocalBindUnlink", does: ignored, why: noForward},
	{name: "SyslogFacility", does: ignored, why: noLog}, {name: "Tunnel", does: ignored, why: noForward},
	{name: "TunnelDevice", does: ignored, why: noForward},
	{name: "UpdateHostKeys", does: ignored, why: "known_hosts learns only what a person agreed to"},
	{name: "VersionAddendum", does: ignored, why: "pumatop names itself"},
	{name: "VisualHostKey", does: ignored, why: noTerminal},
	{name: "WarnWeakCrypto", does: ignored, why: "weak algorithms are not offered unless they are named"},
	{name: "XAuthLocation", does: ignored, why: noForward},
	{name: "UseKeychain", does: ignored, why: "the agent of macOS reads the keychain"},
}

// Why keywords are ignored that belong together.
const (
	noForward    = "nothing is forwarded but to control sockets"
	noTerminal   = "there is no terminal at the other end"
	noCommand    = "pumatop runs its own scripts and nothing else"
	noLog        = "errors say it all, and there is no log"
	ownMaster    = "a master of the user's dies of what pumatop does with it"
	partOfGSSAPI = "it says something of GSSAPIAuthentication"
)

// lookUp finds a keyword by its lower-case name.
func lookUp(name string) (keyword, bool) {
	i := slices.IndexFunc(keywords, func(k keyword) bool { return strings.EqualFold(k.name, name) })
	if i < 0 {
		return keyword{}, false
	}
	return keywords[i], true
}

// wanted reports whether a configuration turns a keyword on, against a baseline.
func wanted(c, baseline sshconfig.Config, name string) bool {
	switch c.Get(name) {
	case "", "none", "no", "false":
		return false
	}
	return c.Changed(baseline, name)
}

// unhonoured are notes on what a configuration sets and pumatop has never heard of: a keyword of a later ssh may
// decide who is trusted.
func unhonoured(c, defaults sshconfig.Config) []string {
	var notes []string
	for name := range c {
		if _, ok := lookUp(name); !ok && name[0] != '%' && wanted(c, defaults, name) {
			notes = append(notes, clean.Short("the configuration has "+name+", which pumatop does not know", 120))
		}
	}
	slices.Sort(notes)
	return notes
}
