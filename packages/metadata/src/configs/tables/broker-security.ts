/** What keeps strangers out: TLS, SASL, authorization, delegation tokens. Columns: see setting-table.ts. */
export const brokerSecurity: string = `
authorizer.class.name | string | | | low | read-only | The class that decides who may do what; empty lets everybody do everything.
connection.failed.authentication.delay.ms | int | 100 | 0.. | low | read-only | How long a connection that failed to authenticate is held before it is closed.
connections.max.reauth.ms | long | 0 | | medium | read-only | How long a SASL session lasts before the client must authenticate again; 0 is for ever.
delegation.token.expiry.check.interval.ms | long | 3600000 | 1.. | low | read-only | How often expired delegation tokens are removed.
delegation.token.expiry.time.ms | long | 86400000 | 1.. | medium | read-only | How long a delegation token lasts unless renewed.
delegation.token.max.lifetime.ms | long | 604800000 | 1.. | medium | read-only | How long a delegation token can be renewed at most.
delegation.token.secret.key | password | ~ | | medium | read-only | The secret that signs delegation tokens; unset switches them off.
early.start.listeners | list | ~ | | high | read-only | Listeners that may serve before the authorizer is ready.
principal.builder.class | class | org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder | | medium | per-broker | The class that names who is at the other end of a connection.
sasl.client.callback.handler.class | class | ~ | | medium | read-only | A class that answers a SASL client's callbacks.
sasl.enabled.mechanisms | list | GSSAPI | | medium | per-broker | SASL mechanisms that clients may use.
sasl.jaas.config | password | ~ | | medium | per-broker | Credentials for SASL, in JAAS form.
sasl.kerberos.kinit.cmd | string | /usr/bin/kinit | | medium | per-broker | Path of kinit.
sasl.kerberos.min.time.before.relogin | long | 60000 | | medium | per-broker | Least milliseconds between two Kerberos logins.
sasl.kerberos.principal.to.local.rules | list | DEFAULT | | medium | per-broker | How Kerberos principals become user names.
sasl.kerberos.service.name | string | ~ | | medium | per-broker | The Kerberos service that Kafka runs as.
sasl.kerberos.ticket.renew.jitter | double | 0.05 | | medium | per-broker | Random share of the Kerberos renewal time.
sasl.kerberos.ticket.renew.window.factor | double | 0.8 | | medium | per-broker | Share of a Kerberos ticket's life after which it is renewed.
sasl.login.callback.handler.class | class | ~ | | medium | read-only | A class that answers a SASL login's callbacks.
sasl.login.class | class | ~ | | medium | read-only | A class that logs in.
sasl.login.connect.timeout.ms | int | ~ | | low | read-only | How long a login may take to connect.
sasl.login.read.timeout.ms | int | ~ | | low | read-only | How long a login may wait for an answer.
sasl.login.refresh.buffer.seconds | short | 300 | | medium | per-broker | A token is refreshed at least so long before it expires.
sasl.login.refresh.min.period.seconds | short | 60 | | medium | per-broker | Least time between two refreshes of a token.
sasl.login.refresh.window.factor | double | 0.8 | | medium | per-broker | Share of a token's life after which it is refreshed.
sasl.login.refresh.window.jitter | double | 0.05 | | medium | per-broker | Random share of the refresh time.
sasl.login.retry.backoff.max.ms | long | 10000 | | low | read-only | Longest pause before another login.
sasl.login.retry.backoff.ms | long | 100 | | low | read-only | First pause before another login.
sasl.mechanism.controller.protocol | string | GSSAPI | | high | read-only | SASL mechanism towards controllers.
sasl.mechanism.inter.broker.protocol | string | GSSAPI | | medium | per-broker | SASL mechanism between brokers.
sasl.oauthbearer.assertion.algorithm | string | RS256 | any case of ES256, RS256 | medium | read-only | The algorithm that signs OAuth assertions.
sasl.oauthbearer.assertion.claim.aud | string | ~ | | medium | read-only | Audience claim of an OAuth assertion.
sasl.oauthbearer.assertion.claim.exp.seconds | int | 300 | 0..86400 | low | read-only | How long an OAuth assertion is valid.
sasl.oauthbearer.assertion.claim.iss | string | ~ | | medium | read-only | Issuer claim of an OAuth assertion.
sasl.oauthbearer.assertion.claim.jti.include | boolean | false | | medium | read-only | Whether an OAuth assertion gets an id of its own.
sasl.oauthbearer.assertion.claim.nbf.seconds | int | 60 | 0..3600 | low | read-only | How far back an OAuth assertion's validity begins.
sasl.oauthbearer.assertion.claim.sub | string | ~ | | medium | read-only | Subject claim of an OAuth assertion.
sasl.oauthbearer.assertion.file | string | ~ | | medium | read-only | A file with a ready OAuth assertion.
sasl.oauthbearer.assertion.private.key.file | string | ~ | | medium | read-only | The key file that signs OAuth assertions.
sasl.oauthbearer.assertion.private.key.passphrase | password | ~ | | medium | read-only | The passphrase of that key.
sasl.oauthbearer.assertion.template.file | string | ~ | | medium | read-only | A template for OAuth assertions.
sasl.oauthbearer.client.credentials.client.id | string | ~ | | medium | read-only | OAuth client id.
sasl.oauthbearer.client.credentials.client.secret | password | ~ | | medium | read-only | OAuth client secret.
sasl.oauthbearer.clock.skew.seconds | int | 30 | | low | read-only | How much clocks may differ when a token is checked.
sasl.oauthbearer.expected.audience | list | | | high | read-only | A token must be for one of these audiences.
sasl.oauthbearer.expected.issuer | string | ~ | | high | read-only | A token must come from this issuer.
sasl.oauthbearer.jwks.endpoint.refresh.ms | long | 3600000 | | low | read-only | How often the keys are fetched again.
sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms | long | 10000 | | low | read-only | Longest pause before the keys are fetched again after a failure.
sasl.oauthbearer.jwks.endpoint.retry.backoff.ms | long | 100 | | low | read-only | First pause before the keys are fetched again after a failure.
sasl.oauthbearer.jwks.endpoint.url | string | ~ | | medium | read-only | Where the issuer publishes its keys.
sasl.oauthbearer.jwt.retriever.class | class | org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever | | medium | read-only | The class that gets tokens.
sasl.oauthbearer.jwt.validator.class | class | org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator | | medium | read-only | The class that checks tokens.
sasl.oauthbearer.scope | string | ~ | | medium | read-only | The scope to ask for.
sasl.oauthbearer.scope.claim.name | string | scope | | low | read-only | The claim that holds the scope.
sasl.oauthbearer.sub.claim.name | string | sub | | low | read-only | The claim that holds the user.
sasl.oauthbearer.token.endpoint.url | string | ~ | | medium | read-only | Where tokens are issued.
sasl.server.callback.handler.class | class | ~ | | medium | read-only | A class that answers a SASL server's callbacks.
sasl.server.max.receive.size | int | 524288 | | medium | read-only | Largest SASL message that is read before a client is known, in bytes.
security.inter.broker.protocol | string | PLAINTEXT | one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL | medium | read-only | The security protocol between brokers.
security.providers | string | ~ | | low | read-only | Java security providers.
ssl.allow.dn.changes | boolean | false | | low | read-only | Whether a new certificate may have another distinguished name.
ssl.allow.san.changes | boolean | false | | low | read-only | Whether a new certificate may have other alternative names.
ssl.cipher.suites | list | | | medium | per-broker | TLS cipher suites to allow; empty allows the defaults.
ssl.client.auth | string | none | one of none, requested, required | medium | per-broker | Whether clients must show a certificate.
ssl.enabled.protocols | list | TLSv1.2,TLSv1.3 | | medium | per-broker | TLS versions to allow.
ssl.endpoint.identification.algorithm | string | https | | low | per-broker | How a server's name is checked against its certificate; empty checks nothing.
ssl.engine.factory.class | class | ~ | | low | per-broker | A class that makes TLS engines.
ssl.key.password | password | ~ | | medium | per-broker | Password of the private key.
ssl.keymanager.algorithm | string | SunX509 | | medium | per-broker | Java's key manager algorithm.
ssl.keystore.certificate.chain | password | ~ | | medium | per-broker | The certificate chain, as PEM.
ssl.keystore.key | password | ~ | | medium | per-broker | The private key, as PEM.
ssl.keystore.location | string | ~ | | medium | per-broker | File with the private key and its certificates.
ssl.keystore.password | password | ~ | | medium | per-broker | Password of that file.
ssl.keystore.type | string | JKS | | medium | per-broker | Kind of that file: JKS, PKCS12 or PEM.
ssl.principal.mapping.rules | string | DEFAULT | | low | read-only | How a certificate's distinguished name becomes a user name.
ssl.protocol | string | TLSv1.3 | | medium | per-broker | TLS version to prefer.
ssl.provider | string | ~ | | medium | per-broker | Java's TLS provider.
ssl.secure.random.implementation | string | ~ | | low | per-broker | Java's random generator for TLS.
ssl.trustmanager.algorithm | string | PKIX | | medium | per-broker | Java's trust manager algorithm.
ssl.truststore.certificates | password | ~ | | medium | per-broker | Trusted certificates, as PEM.
ssl.truststore.location | string | ~ | | medium | per-broker | File with trusted certificates.
ssl.truststore.password | password | ~ | | medium | per-broker | Password of that file.
ssl.truststore.type | string | JKS | | medium | per-broker | Kind of that file: JKS, PKCS12 or PEM.
`
