using System.Text;
using System.Text.Json;
using Containers.Engine.Linux;
using Containers.Engine.Registry.Http;

namespace Containers.Engine.Registry.Auth;

/// <summary>
/// A program that keeps credentials: docker-credential-NAME get, store, erase (docker-credential-helpers). It gets of the environment what
/// such programs need to find their user, their keyring and their cloud, and nothing else.
/// </summary>
internal sealed class CredentialHelper
{
    private const int MaximumOutput = 64 << 10;
    private const string IdentityUser = "<token>";

    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(30);

    private static readonly string[] s_names =
    [
        "HOME", "USER", "LOGNAME", "PATH", "LANG", "TMPDIR", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "GNUPGHOME",
        "GPG_TTY", "PASSWORD_STORE_DIR", "DOCKER_CONFIG", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy",
    ];

    private static readonly string[] s_prefixes = ["XDG_", "AWS_", "AZURE_", "GOOGLE_", "CLOUDSDK_", "ECR_", "ACR_", "GCR_"];

    private readonly string _name;
    private readonly RegistryOptions _options;

    /// <exception cref="EngineException">CredentialHelperFailed: the name is a path or nothing.</exception>
    internal CredentialHelper(string name, RegistryOptions options)
    {
        bool isName = name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
        _name = isName ? name : throw Failed(name, "has no possible name");
        _options = options;
    }

    /// <summary>The credential, or null where the helper has none for it.</summary>
    internal RegistryCredential? Get(string server, CancellationToken cancel)
    {
        ChildResult result = Run("get", Encoding.UTF8.GetBytes(server), cancel);
        if (result.ExitCode != 0)
        {
            // The protocol has no other sign of it than this sentence.
            return result.OutputText.Contains("credentials not found", StringComparison.OrdinalIgnoreCase) ? null : throw Failed(result);
        }

        try
        {
            HelperCredential? answer = JsonSerializer.Deserialize(result.Output, RegistryJson.Default.HelperCredential);
            string user = answer?.Username ?? "";
            string secret = answer?.Secret ?? "";
            return user.Length == 0 && secret.Length == 0 ? null
                : user == IdentityUser ? new RegistryCredential { IdentityToken = secret }
                : new RegistryCredential { UserName = user, Password = secret };
        }
        catch (JsonException)
        {
            throw Failed(_name, "gives something else than a credential");
        }
    }

    internal void Store(string server, RegistryCredential credential, CancellationToken cancel)
    {
        HelperCredential content = new()
        {
            ServerUrl = server,
            Username = credential.IdentityToken is null ? credential.UserName : IdentityUser,
            Secret = credential.IdentityToken ?? credential.Password,
        };
        ChildResult result = Run("store", JsonSerializer.SerializeToUtf8Bytes(content, RegistryJson.Default.HelperCredential), cancel);
        if (result.ExitCode != 0)
        {
            throw Failed(result);
        }
    }

    internal void Erase(string server, CancellationToken cancel)
    {
        ChildResult result = Run("erase", Encoding.UTF8.GetBytes(server), cancel);
        if (result.ExitCode != 0)
        {
            throw Failed(result);
        }
    }

    private ChildResult Run(string action, byte[] input, CancellationToken cancel)
    {
        string program = "docker-credential-" + _name;
        string? path = (_options.Environment("PATH") ?? "/usr/local/bin:/usr/bin:/bin").Split(':')
            .Where(f => f.StartsWith('/'))
            .Select(f => Path.Join(f, program))
            .FirstOrDefault(File.Exists);
        if (path is null)
        {
            throw new EngineException(
                EngineErrorKind.NotInstalled, "CredentialHelperFailed", $"The credential helper \"{program}\" is not installed.", program,
                "Install it, or take it out of the credential file (credsStore, credHelpers).");
        }

        try
        {
            return ChildProcess.Run(path, [action], input, s_time, cancel, MaximumOutput, [.. Variables()]);
        }
        catch (Exception e) when (e is TimeoutException or LinuxException)
        {
            throw Failed(_name, e is TimeoutException ? "does not end" : "cannot be run", e);
        }
    }

    private IEnumerable<string> Variables()
    {
        foreach (string name in s_names.Concat(AllNames().Where(n => s_prefixes.Any(p => n.StartsWith(p, StringComparison.Ordinal)))))
        {
            if (_options.Environment(name) is { Length: > 0 } value)
            {
                yield return name + "=" + value;
            }
        }
    }

    private static IEnumerable<string> AllNames() => System.Environment.GetEnvironmentVariables().Keys.Cast<string>();

    /// <summary>Helpers print failures, never secrets, when they fail.</summary>
    private EngineException Failed(ChildResult result)
    {
        string words = result.OutputText.Trim() is { Length: > 0 } text ? text : result.ErrorText.Trim();
        return Failed(_name, $"failed with {result.ExitCode}" + (words.Length == 0 ? "" : $" ({ErrorBody.Clean(words)})"));
    }

    private static EngineException Failed(string name, string what, Exception? inner = null) => new(
        EngineErrorKind.AuthenticationError, "CredentialHelperFailed", $"The credential helper \"{ErrorBody.Clean(name)}\" {what}.", name,
        "Repair it, or take it out of the credential file (credsStore, credHelpers).", inner);
}
