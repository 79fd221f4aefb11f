namespace Containers.Engine.Registry.Auth;

/// <summary>
/// Finds, keeps and removes credentials over all files that docker, podman and this engine use; the first that knows a registry counts.
/// </summary>
internal sealed class CredentialStore(RegistryOptions options)
{
    /// <summary>Where new credentials go where nobody says otherwise. It outlasts a reboot, unlike podman's first choice.</summary>
    internal string DefaultFile =>
        options.Environment("REGISTRY_AUTH_FILE") is { Length: > 0 } file ? file : Path.Join(options.UserFolder, "auth.json");

    /// <summary>In the order in which they are asked.</summary>
    internal IEnumerable<string> Files(string? authFile)
    {
        if (authFile is not null)
        {
            return [authFile];
        }

        List<string> files = [];
        Add(files, options.Environment("REGISTRY_AUTH_FILE"), "");
        Add(files, options.Environment("XDG_RUNTIME_DIR"), "containers/auth.json");
        if (Linux.Libc.geteuid() == 0)
        {
            files.Add(options.RootAuthFile);
        }

        files.Add(Path.Join(options.UserFolder, "auth.json"));
        files.Add(Path.Join(options.Home, ".config/containers/auth.json"));
        Add(files, options.Environment("DOCKER_CONFIG"), "config.json");
        files.Add(Path.Join(options.Home, ".docker/config.json"));
        return files.Distinct(StringComparer.Ordinal);
    }

    /// <summary>Whoever one is at a registry.</summary>
    /// <param name="name">"quay.io/team/app": a namespace's own credential is better than its registry's.</param>
    /// <exception cref="EngineException">AuthFileInvalid, CredentialHelperFailed.</exception>
    internal RegistryCredential? Find(string name, string? authFile, CancellationToken cancel)
    {
        string[] keys = [.. KeysFor(name)];
        foreach (string path in Files(authFile))
        {
            if (AuthFile.Read(path) is { } file && Find(file, keys, cancel) is { } credential)
            {
                return credential;
            }
        }

        return null;
    }

    /// <returns>Where it is now: a path, or "helper NAME".</returns>
    internal string Save(string name, RegistryCredential credential, string? authFile, CancellationToken cancel)
    {
        AuthFile file = AuthFile.ReadOrNew(authFile ?? DefaultFile);
        string key = KeyOf(name);
        string? helper = file.Helpers.FirstOrDefault(h => RegistryName.Normalize(h.Key) == name).Helper ?? file.Store;
        if (helper is { Length: > 0 })
        {
            new CredentialHelper(helper, options).Store(key, credential, cancel);
            return "helper " + helper;
        }

        RemoveAll(file, name);
        file.Set(key, credential);
        file.Write();
        return file.Path;
    }

    /// <summary>From every file of the user, or from the one that is named. False where nobody had signed in.</summary>
    internal bool Remove(string name, string? authFile, CancellationToken cancel)
    {
        bool any = false;
        foreach (string path in Files(authFile))
        {
            if (AuthFile.Read(path) is not { } file)
            {
                continue;
            }

            string? helper = file.Helpers.FirstOrDefault(h => RegistryName.Normalize(h.Key) == name).Helper ?? file.Store;
            if (helper is { Length: > 0 })
            {
                CredentialHelper program = new(helper, options);
                if (program.Get(KeyOf(name), cancel) is not null)
                {
                    program.Erase(KeyOf(name), cancel);
                    any = true;
                }
            }

            if (RemoveAll(file, name))
            {
                file.Write();
                any = true;
            }
        }

        return any;
    }

    /// <summary>Everybody one is, the first file first. Helpers are not asked: they may ask for a password.</summary>
    internal IEnumerable<(string Name, string? UserName, string Source)> List(string? authFile)
    {
        foreach (string path in Files(authFile))
        {
            if (AuthFile.Read(path) is not { } file)
            {
                continue;
            }

            foreach ((string key, string helper) in file.Helpers)
            {
                yield return (RegistryName.Normalize(key), null, "helper " + helper);
            }

            foreach (string key in file.Keys)
            {
                RegistryCredential? credential = file.Get(key);
                if (credential is not null || file.Store is not null)
                {
                    yield return (RegistryName.Normalize(key), credential?.UserName, credential is null ? "helper " + file.Store : path);
                }
            }
        }
    }

    private static void Add(List<string> files, string? folder, string name)
    {
        if (!string.IsNullOrEmpty(folder))
        {
            files.Add(name.Length == 0 ? folder : Path.Join(folder, name));
        }
    }

    private RegistryCredential? Find(AuthFile file, string[] keys, CancellationToken cancel)
    {
        foreach (string key in keys)
        {
            string? helper = file.Helpers.FirstOrDefault(h => RegistryName.Normalize(h.Key) == key).Helper;
            if (helper is { Length: > 0 } && new CredentialHelper(helper, options).Get(KeyOf(key), cancel) is { } kept)
            {
                return kept;
            }

            // The exact key first: older tools wrote addresses, which are the same registry.
            if ((file.Get(key) ?? file.Keys.Where(k => RegistryName.Normalize(k) == key).Select(file.Get)
                .FirstOrDefault(c => c is not null)) is { } own)
            {
                return own;
            }
        }

        return file.Store is { } store ? new CredentialHelper(store, options).Get(KeyOf(keys[^1]), cancel) : null;
    }

    private static bool RemoveAll(AuthFile file, string name)
    {
        bool any = false;
        foreach (string key in file.Keys.Where(k => RegistryName.Normalize(k) == name).ToList())
        {
            any |= file.Remove(key);
        }

        return any;
    }

    private static string KeyOf(string name) => name == RegistryName.DockerHub ? RegistryName.DockerHubKey : name;

    /// <summary>"quay.io/team/app", "quay.io/team", "quay.io".</summary>
    private static IEnumerable<string> KeysFor(string name)
    {
        for (int end = name.Length; end > 0; end = name.LastIndexOf('/', end - 1))
        {
            yield return name[..end];
        }
    }
}
