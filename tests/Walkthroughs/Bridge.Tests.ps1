# "Building your own bridge": bridge0 in the place of docker0.

BeforeAll {
    . "$PSScriptRoot/Initialize.ps1"
    $walk = Enter-Walkthrough
}

AfterAll {
    if (-not $obstacle) {
        Set-ContainerHost -BridgeName $null
        if (ip -brief link show type bridge | Where-Object { $_ -match '^bridge0 ' }) {
            ip link delete bridge0
        }
    }

    Exit-Walkthrough $walk
}

Describe 'Building your own bridge' {
    BeforeEach {
        Assert-Host
    }

    AfterEach {
        Remove-EveryContainer
    }

    It 'moves containers from docker0 to a bridge made by hand' {
        Use-Docker0
        $null = Start-WebServer web @{ Publish = '8080:80' }
        (Get-Container web).IPAddress | Should -Be '172.17.0.2'

        # Where the service was stopped: the containers are. There is no daemon to stop.
        Stop-Container web -Timeout 0
        Set-ContainerHost -BridgeName $null
        Remove-ContainerBridge docker0
        ip -brief link show type bridge | Should -BeNullOrEmpty

        ip link add bridge0 type bridge
        ip address add 192.168.5.1/24 dev bridge0
        ip link set bridge0 up
        "$(ip address show bridge0)" | Should -Match 'inet 192\.168\.5\.1/24 scope global bridge0'
        Set-ContainerHost -BridgeName bridge0
        Start-Container web

        # The range was found by itself.
        $web = Get-Container web
        $web.IPAddress, $web.IPPrefixLength, $web.Gateway | Should -Be '192.168.5.2', 24, '192.168.5.1'
        Invoke-Inside web 'ip route' | Should -Contain 'default via 192.168.5.1 dev eth0 '
        "$(Invoke-Inside web 'ip addr show eth0')" | Should -Match 'inet 192\.168\.5\.2/24 '
        (ip -brief link show master bridge0).Count | Should -Be 1
        (Get-ContainerBridge bridge0).Ports.Container | Should -Be 'web'
        Read-Page 'http://127.0.0.1:8080/' | Should -Be 'page of web'
        iptables -t nat -S | Where-Object { $_ -match '-s 192\.168\.5\.0/24 ! -o bridge0 .*-j MASQUERADE' } | Should -HaveCount 1

        # The interface goes with the container, the bridge of another program stays.
        Remove-Container web -Force
        ip -brief link show master bridge0 | Should -BeNullOrEmpty
        { Remove-ContainerBridge bridge0 -ErrorAction Stop } | Should -Throw
        "$(ip address show bridge0)" | Should -Match 'inet 192\.168\.5\.1/24'
    }

    It 'refuses a bridge that does not exist, or has no address' {
        # docker did so when its server started; here it is said with the setting, or with the first container.
        { Set-ContainerHost -BridgeName bridge9; Start-Idle web } | Should -Throw -ErrorId 'BridgeNotFound*'
        ip link add bridge9 type bridge
        try {
            { Set-ContainerHost -BridgeName bridge9; Start-Idle web } | Should -Throw -ErrorId 'BridgeWithoutAddress*'
        }
        finally {
            Set-ContainerHost -BridgeName $null
            ip link delete bridge9
        }
    }

    It 'turns networking off with -b none' {
        Set-ContainerHost -BridgeName none
        try {
            $names = (Invoke-ContainerImage base -RemoveOnExit -Command ip, -o, link) -replace '^\d+: ([^:@]+).*', '$1'
            $names | Should -Be 'lo'
            { Start-Idle web @{ Network = 'bridge' } } | Should -Throw -ErrorId 'NetworkingOff*'
        }
        finally {
            Set-ContainerHost -BridgeName $null
        }
    }
}
