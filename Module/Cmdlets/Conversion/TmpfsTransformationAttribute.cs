using System.Collections;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;

namespace Containers.Cmdlets;

/// <summary>
/// Takes '/run', '/run:size=64m,mode=1777', or @{Target = '/run'; Size = 64MB; Mode = '1777'; Executable = $true; ReadOnly = $true}.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TmpfsTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = Conversions.Unwrap(inputData);
        if (value is null)
        {
            return null!;
        }

        try
        {
            return Conversions.Elements(value).Select(From).ToArray();
        }
        catch (EngineException e)
        {
            throw Conversions.Refuse(e);
        }
    }

    private static MountSpec From(object? element)
    {
        switch (element)
        {
            case MountSpec spec:
                return spec;
            case IDictionary table:
                MountSpec mount = MountSpec.Tmpfs("");
                foreach (DictionaryEntry entry in table)
                {
                    mount = Set(mount, Conversions.Text(entry.Key), entry.Value);
                }

                return mount.Target.Length > 0 ? mount : throw Invalid("A tmpfs needs a Target.", element);
            default:
                return Parse(Conversions.Text(element));
        }
    }

    private static MountSpec Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        MountSpec mount = MountSpec.Tmpfs(colon < 0 ? text : text[..colon]);
        if (mount.Target.Length == 0)
        {
            throw Invalid($"\"{text}\" has no path.", text);
        }

        string[] options = colon < 0 ? [] : text[(colon + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries);
        foreach (string option in options)
        {
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            mount = Set(mount, equals < 0 ? option : option[..equals], equals < 0 ? true : option[(equals + 1)..]);
        }

        return mount;
    }

    /// <summary>The words of mount(8), and the names of the properties.</summary>
    private static MountSpec Set(MountSpec mount, string option, object? value)
    {
        switch (option.ToLowerInvariant())
        {
            case "target" or "destination":
                return mount with { Target = Conversions.Text(value) };
            case "size":
                return mount with { Size = ByteSize.From(Conversions.Unwrap(value) ?? "") };
            case "mode":
                return mount with { Mode = ParseMode(Conversions.Text(value)) };
            case "exec" or "executable":
                return mount with { NoExec = !LanguagePrimitives.IsTrue(value) };
            case "ro" or "readonly":
                return mount with { ReadOnly = LanguagePrimitives.IsTrue(value) };
            case "noexec":
                return mount with { NoExec = true };
            case "rw":
                return mount with { ReadOnly = false };
            case "nosuid" or "nodev":
                return mount; // Always so.
            default:
                throw Invalid($"\"{option}\" is no option of a tmpfs.", option);
        }
    }

    /// <summary>Octal digits; the number 1777 means the digits, as it does to chmod.</summary>
    private static uint ParseMode(string digits)
    {
        if (digits.Length is 0 or > 5 || digits.AsSpan().ContainsAnyExceptInRange('0', '7'))
        {
            throw Invalid($"\"{digits}\" is no mode.", digits);
        }

        return Convert.ToUInt32(digits, 8);
    }

    private static EngineException Invalid(string message, object? target) => new(
        EngineErrorKind.InvalidArgument, "InvalidTmpfs", message, target,
        "Give '/path:size=64m,mode=1777,exec,ro' or @{Target = '/path'; Size = 64MB; Mode = '1777'}.");
}
