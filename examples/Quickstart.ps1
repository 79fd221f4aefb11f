# The first five minutes with Containers: an image, a container in the background, one in the foreground, a web server with a published
# port and a linked neighbour, and a clean table afterwards.
# Runs as root, in PowerShell 7.6 and in containers-shell, in directories of its own that it removes.

$ErrorActionPreference = 'Stop'

function Write-Heading([string]$Text, [string]$Command) {
    Write-Host ''
    Write-Host "== $Text"
    if ($Command) {
        Write-Host "   PS> $Command"
    }

    Write-Host ''
}

# Tries for a while: what a container leaves behind is cleared away by its monitor, a moment after the container has ended.
function Find-Leftover([scriptblock]$Search) {
    for ($attempt = 0; $attempt -lt 50; $attempt++) {
        $found = @(& $Search)
        if ($found.Count -eq 0) {
            return
        }

        Start-Sleep -Milliseconds 100
    }

    $found
}

function Get-MountBelow([string]$Path) {
    [System.IO.File]::ReadAllLines('/proc/self/mountinfo') | ForEach-Object { $_.Split(' ')[4] } | Where-Object { $_.StartsWith($Path) }
}

function Get-CgroupOf([string[]]$Id) {
    $mounts = [System.IO.File]::ReadAllLines('/proc/self/mountinfo') | Where-Object { $_ -match ' - cgroup2? ' } |
        ForEach-Object { $_.Split(' ')[4] }
    foreach ($mount in $mounts) {
        $Id | ForEach-Object { "$mount/pwsh-containers/$_" } | Where-Object { [System.IO.Directory]::Exists($_) }
    }
}

# A monitor has a path below the run root among its arguments, a process of a container has the container's id in its cgroup.
function Get-ProcessOf([string[]]$Id, [string]$Path) {
    foreach ($process in [System.IO.Directory]::GetDirectories('/proc')) {
        $number = $process.Substring('/proc/'.Length)
        if ($number -match '^\d+$' -and $number -ne "$PID") {
            try {
                $about = [System.IO.File]::ReadAllText("$process/cmdline") + [System.IO.File]::ReadAllText("$process/cgroup")
            }
            catch {
                continue # It has ended meanwhile.
            }

            if ($about.Contains($Path) -or ($Id | Where-Object { $about.Contains($_) })) {
                "process $number ($($about.Split([char]0)[0]))"
            }
        }
    }
}

# Tries for a while: a server needs a moment to open its port.
function Read-Page([string]$Url) {
    $client = [System.Net.Http.HttpClient]::new()
    for ($attempt = 1; ; $attempt++) {
        try {
            return $client.GetStringAsync($Url).GetAwaiter().GetResult().TrimEnd()
        }
        catch {
            if ($attempt -ge 50) {
                throw
            }

            Start-Sleep -Milliseconds 100
        }
    }
}

function Get-InterfaceCalled([string]$Name) {
    [System.Net.NetworkInformation.NetworkInterface]::GetAllNetworkInterfaces() | Where-Object { $_.Name -eq $Name } | ForEach-Object { $_.Name }
}

# Everything goes into a directory, a network and firewall chains of its own: nothing of yours is touched.
$before = @{ Data = $env:CONTAINERS_DATA_ROOT; Run = $env:CONTAINERS_RUN_ROOT }
$root = [System.IO.Directory]::CreateTempSubdirectory('containers-quickstart-').FullName
$env:CONTAINERS_DATA_ROOT = "$root/data"
$env:CONTAINERS_RUN_ROOT = "$root/run"
$ids = @()
$leftovers = @()

try {
    if (-not (Get-Command Get-ContainerHost -ErrorAction Ignore)) {
        Import-Module "$PSScriptRoot/../out/Containers/Containers.psd1"
    }

    Set-ContainerHost -ChainPrefix QUICKSTART

    Write-Heading 'An image made of a program of this machine' 'New-ContainerImage -Program busybox -Name busybox'
    New-ContainerImage -Program busybox -Name busybox | Out-Host

    Write-Heading 'A container with 64 MB of memory and 32 processes at most' `
        'New-Container busybox -Name ticker -Network none -Memory 64MB -PidsLimit 32 -Init -Command sh, -c, $loop | Start-Container'
    $loop = 'i=0; while true; do i=$((i + 1)); echo "tick $i"; sleep 1; done'
    $ticker = New-Container busybox -Name ticker -Network none -Memory 64MB -PidsLimit 32 -Init -Command 'sh', '-c', $loop
    $ids += $ticker.Id
    $ticker | Start-Container
    Write-Host 'It runs in the background, and would go on when this session ends.'

    Write-Heading 'What there is' 'Get-Container'
    Get-Container | Out-Host

    Write-Heading 'Its log, as it comes' 'Get-ContainerLog ticker -Follow | Select-Object -First 3'
    Get-ContainerLog ticker -Follow | Select-Object -First 3 | Out-Host

    Write-Heading 'Another one in the foreground: the pipeline in, the pipeline out' `
        "'hello', 'world' | Invoke-ContainerImage busybox -Name shout -Network none -Command tr, a-z, A-Z"
    'hello', 'world' | Invoke-ContainerImage busybox -Name shout -Network none -Command 'tr', 'a-z', 'A-Z' | Out-Host
    $ids += (Get-Container shout).Id
    Write-Host "It ended with exit code $LASTEXITCODE."

    Write-Heading 'A network of its own, and a web server on it that the host has at a free port' `
        'New-ContainerNetwork demo; Invoke-ContainerImage busybox -Detach -Name web -Network demo -Publish 127.0.0.1::80 -Command sh, -c, $serve'
    New-ContainerNetwork demo | Out-Host
    $bridge = (Get-ContainerNetwork demo).BridgeName
    $serve = 'mkdir /www; echo "a page from $HOSTNAME" >/www/index.html; exec httpd -f -p 80 -h /www'
    $web = Invoke-ContainerImage busybox -Detach -Name web -Network demo -Publish 127.0.0.1::80 -StopTimeout 0 -Command 'sh', '-c', $serve
    $ids += $web.Id
    Get-ContainerPort web | Out-Host
    $port = (Get-ContainerPort web).HostPort
    Write-Host "http://127.0.0.1:$port/ says: $(Read-Page "http://127.0.0.1:$port/")"

    Write-Heading 'The same page for a container that is linked to it' `
        'Invoke-ContainerImage busybox -RemoveOnExit -Network demo -Link web:site -Command wget, -qO-, http://site/'
    Invoke-ContainerImage busybox -RemoveOnExit -Network demo -Link web:site -Command 'wget', '-qO-', 'http://site/' | Out-Host

    Write-Heading 'Another port while it runs' `
        'Get-ContainerPort web | Unpublish-ContainerPort; Publish-ContainerPort web -HostIP 127.0.0.1 -ContainerPort 80'
    Get-ContainerPort web | Unpublish-ContainerPort
    Publish-ContainerPort web -HostIP 127.0.0.1 -ContainerPort 80 | Out-Host
    $port = (Get-ContainerPort web).HostPort
    Write-Host "http://127.0.0.1:$port/ says: $(Read-Page "http://127.0.0.1:$port/")"

    Write-Heading 'How it is connected' 'Get-ContainerNetworkAdapter web; Get-ContainerFirewallRule web'
    Get-ContainerNetworkAdapter web | Out-Host
    Get-ContainerFirewallRule web | Out-Host

    Write-Heading 'The end' `
        'Stop-Container *; Get-Container | Remove-Container; Remove-ContainerNetwork demo; Remove-ContainerImage busybox'
    Stop-Container * -PassThru | Out-Host
    Get-Container | Remove-Container
    Remove-ContainerNetwork demo
    Remove-ContainerImage busybox | Out-Host

    Write-Heading 'What is left'
    $leftovers += Get-Container | ForEach-Object { "container $($_.Name)" }
    $leftovers += Get-ContainerImage | ForEach-Object { "image $_" }
    $leftovers += Find-Leftover { Get-ProcessOf $ids "$root/run" }
    $leftovers += Find-Leftover { Get-CgroupOf $ids } | ForEach-Object { "cgroup $_" }
    $leftovers += Find-Leftover { Get-MountBelow $root } | ForEach-Object { "mount $_" }
    $leftovers += Find-Leftover { Get-InterfaceCalled $bridge } | ForEach-Object { "interface $_" }
    $leftovers += Find-Leftover { iptables-save | Where-Object { $_ -match 'QUICKSTART' } } | ForEach-Object { "firewall rule $_" }
    $leftovers += Find-Leftover {
        'containers', 'names', 'trash', 'images', 'layers', 'tags', 'networks' | ForEach-Object { "$root/data/$_" }
        | Where-Object { [System.IO.Directory]::Exists($_) }
        | ForEach-Object { [System.IO.Directory]::GetFileSystemEntries($_) } | Where-Object { -not $_.EndsWith('/.lock') }
    } | ForEach-Object { "file $_" }
    $leftovers += Find-Leftover {
        if ([System.IO.Directory]::Exists("$root/run/containers")) {
            [System.IO.Directory]::GetFileSystemEntries("$root/run/containers")
        }
    } | ForEach-Object { "file $_" }
}
finally {
    # Also after an error or Ctrl+C.
    if (Get-Command Get-Container -ErrorAction Ignore) {
        Remove-Container * -Force -ErrorAction Continue
        Get-ContainerNetwork | Where-Object { -not $_.IsDefault } | Remove-ContainerNetwork -ErrorAction Continue
    }

    $env:CONTAINERS_DATA_ROOT = $before.Data
    $env:CONTAINERS_RUN_ROOT = $before.Run
    [System.IO.Directory]::Delete($root, $true)
}

if ($leftovers.Count -gt 0) {
    $leftovers | ForEach-Object { Write-Host "LEFT BEHIND: $_" }
    exit 1
}

Write-Host 'Nothing: no process, no cgroup, no mount, no interface, no firewall rule, no file.'
